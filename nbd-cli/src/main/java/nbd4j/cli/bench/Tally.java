// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.util.Arrays;
import org.HdrHistogram.Histogram;

/** What one worker, or all of them together, measured. Not thread-safe: each worker has its own. */
final class Tally {
    /** Longest latency told apart: ten minutes. The connection's own limits end a request before that. */
    private static final long LONGEST_NANOS = 600_000_000_000L;
    /** Latencies are told apart in steps of a microsecond at the least. */
    private static final long STEP_NANOS = 1_000;

    private final Histogram reads;
    private final Histogram writes;
    /** How long requests had waited at the end that were due and never sent. */
    private final Histogram unsent;
    /** Requests done in the measured time. */
    private long done;
    /** Requests done in each second of the measured time. */
    private long[] perSecond;

    /** Makes an empty tally whose latencies have this many significant digits. */
    Tally(int digits, int seconds) {
        reads = new Histogram(STEP_NANOS, LONGEST_NANOS, digits);
        writes = new Histogram(STEP_NANOS, LONGEST_NANOS, digits);
        unsent = new Histogram(STEP_NANOS, LONGEST_NANOS, 2);
        perSecond = new long[seconds];
    }

    void record(boolean read, long latencyNanos) {
        (read ? reads : writes).recordValue(Math.clamp(latencyNanos, 0, LONGEST_NANOS));
    }

    void recordUnsent(long waitedNanos, long count) {
        unsent.recordValueWithCount(Math.clamp(waitedNanos, 0, LONGEST_NANOS), count);
    }

    /** Counts a request that was done in time. */
    void finish(int second) {
        done++;
        if (second >= 0 && second < perSecond.length) {
            perSecond[second]++;
        }
    }

    void add(Tally other) {
        reads.add(other.reads);
        writes.add(other.writes);
        unsent.add(other.unsent);
        done += other.done;
        if (perSecond.length < other.perSecond.length) {
            perSecond = Arrays.copyOf(perSecond, other.perSecond.length);
        }
        for (int i = 0; i < other.perSecond.length; i++) {
            perSecond[i] += other.perSecond[i];
        }
    }

    Histogram reads() {
        return reads;
    }

    Histogram writes() {
        return writes;
    }

    Histogram unsent() {
        return unsent;
    }

    long done() {
        return done;
    }

    long[] perSecond() {
        return perSecond.clone();
    }
}
