// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import org.HdrHistogram.Histogram;

/**
 * The result of one run.
 *
 * @param workload what was done
 * @param seconds how long was measured
 * @param tally what was measured
 * @param verifiedBlocks blocks read back and found right; -1 if nothing was verified
 */
public record Measurement(Workload workload, double seconds, Tally tally, long verifiedBlocks) {
    /** Returns the latencies of all requests, in nanoseconds. */
    Histogram latencies() {
        Histogram all = tally.reads().copy();
        all.add(tally.writes());
        return all;
    }

    /** Returns how many requests were done. */
    long requests() {
        return tally.reads().getTotalCount() + tally.writes().getTotalCount();
    }

    /** Returns requests a second. */
    double iops() {
        return requests() / seconds;
    }

    /** Returns bytes a second. */
    double bytesPerSecond() {
        return iops() * workload.blockSize();
    }

    /** Returns whether both reads and writes were done. */
    boolean isMixed() {
        return tally.reads().getTotalCount() > 0 && tally.writes().getTotalCount() > 0;
    }
}
