// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;

/** Counts durations in buckets, four to each doubling, without allocation. Guarded by the pool's lock. */
final class Latencies {
    private static final int BUCKETS = 4 * 64;

    private final long[] counts = new long[BUCKETS];
    private long count;
    private long totalNanos;
    private long maximumNanos;

    void add(long nanos) {
        long positive = Math.max(0, nanos);
        counts[bucket(positive)]++;
        count++;
        totalNanos += positive;
        maximumNanos = Math.max(maximumNanos, positive);
    }

    Latency snapshot() {
        return new Latency(
                count,
                Duration.ofNanos(count == 0 ? 0 : totalNanos / count),
                quantile(0.5),
                quantile(0.99),
                Duration.ofNanos(maximumNanos));
    }

    private Duration quantile(double share) {
        long wanted = (long) Math.ceil(count * share);
        long seen = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            seen += counts[bucket];
            if (seen >= wanted) {
                return Duration.ofNanos(Math.min(maximumNanos, highest(bucket)));
            }
        }
        return Duration.ofNanos(maximumNanos);
    }

    /** The two bits below the highest one tell which quarter of the doubling it is. Below 4 each value is its own. */
    private static int bucket(long nanos) {
        if (nanos < 4) {
            return (int) nanos;
        }
        int top = 63 - Long.numberOfLeadingZeros(nanos);
        return 4 * (top - 1) + (int) (nanos >> (top - 2) & 3);
    }

    private static long highest(int bucket) {
        if (bucket < 4) {
            return bucket;
        }
        int top = bucket / 4 + 1;
        return ((4L + bucket % 4 + 1) << (top - 2)) - 1;
    }
}
