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
    /** Returns the latencies of all requests, in nanoseconds; of those never sent, how long they had waited at the end. */
    Histogram latencies() {
        Histogram all = tally.reads().copy();
        all.add(tally.writes());
        all.add(tally.unsent());
        return all;
    }

    /** Returns how many requests were done in the measured time. */
    long requests() {
        return tally.done();
    }

    /** Returns how many requests were due, because of a rate, and were not sent, because earlier ones took too long. */
    long unsent() {
        return tally.unsent().getTotalCount();
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
