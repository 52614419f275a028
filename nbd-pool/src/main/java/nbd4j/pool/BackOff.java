// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before something that failed is tried again: twice as long after each failure, up to a maximum, and
 * each time shortened by chance, so that many clients of one server do not come back in the same moment.
 *
 * @param first the wait after the first failure, more than 0
 * @param maximum the longest wait, at least {@code first}
 * @param jitter how much of a wait is left to chance, 0 (nothing) to 1 (all of it)
 */
public record BackOff(Duration first, Duration maximum, double jitter) {
    private static final BackOff DEFAULTS = new BackOff(Duration.ofMillis(100), Duration.ofSeconds(10), 0.5);
    /** More doublings than this reach any maximum; the shift stays far from overflow. */
    private static final int MOST_DOUBLINGS = 20;

    /** Refuses waits that are not in order. */
    public BackOff {
        if (!first.isPositive() || maximum.compareTo(first) < 0 || maximum.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(
                    "back-off from %s to %s: the first wait must be positive, the maximum not less and at most a day"
                            .formatted(first, maximum));
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("jitter %s is not from 0 to 1".formatted(jitter));
        }
    }

    /** Returns 100 ms after the first failure, at most 10 s, half of it left to chance. */
    public static BackOff defaults() {
        return DEFAULTS;
    }

    /** Returns these waits with another beginning and maximum. */
    public BackOff withDelays(Duration newFirst, Duration newMaximum) {
        return new BackOff(newFirst, newMaximum, jitter);
    }

    /** Returns these waits with another share of chance. */
    public BackOff withJitter(double newJitter) {
        return new BackOff(first, maximum, newJitter);
    }

    /**
     * Returns the wait before the next attempt.
     *
     * @param failures how many attempts failed so far, at least 1
     */
    long nanosAfter(int failures, RandomGenerator random) {
        int doublings = Math.min(failures - 1, MOST_DOUBLINGS);
        long whole = Math.min(maximum.toNanos(), saturatedDouble(first.toNanos(), doublings));
        return whole - (long) (whole * jitter * random.nextDouble());
    }

    private static long saturatedDouble(long nanos, int doublings) {
        return nanos > Long.MAX_VALUE >> doublings ? Long.MAX_VALUE : nanos << doublings;
    }
}
