// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.util.Locale;

/**
 * What ours is to reach beside the others.
 *
 * @param measure what is compared
 * @param limit what to keep to: at most for times, at least for rates; 0 where there is no goal
 * @param fastest whether the best of the others counts, else the first of them
 */
record Goal(Measure measure, double limit, boolean fastest) {
    /** What is compared. */
    enum Measure {
        /** Wall time as a ratio, of which less is better. */
        WALL,
        /** Wall time in seconds, whatever the others take. */
        SECONDS,
        /** Requests a second as a ratio, of which more is better. */
        RATE
    }

    static Goal wall(double limit) {
        return new Goal(Measure.WALL, limit, true);
    }

    static Goal wallOfFirst(double limit) {
        return new Goal(Measure.WALL, limit, false);
    }

    static Goal rate(double limit) {
        return new Goal(Measure.RATE, limit, true);
    }

    static Goal seconds(double limit) {
        return new Goal(Measure.SECONDS, limit, false);
    }

    static Goal none() {
        return wallOfFirst(0);
    }

    boolean isMet(double measured) {
        return limit == 0 || (measure == Measure.RATE ? measured >= limit : measured <= limit);
    }

    boolean isBetter(double one, double other) {
        return measure == Measure.RATE ? one > other : one < other;
    }

    double of(Sample sample) {
        return measure == Measure.RATE ? sample.rate() : sample.wallSeconds();
    }

    /** Returns the goal in words. */
    String words() {
        if (limit == 0) {
            return "none";
        }
        return switch (measure) {
            case WALL -> String.format(Locale.ROOT, "wall ≤ %.2f", limit);
            case SECONDS -> String.format(Locale.ROOT, "≤ %.2f s", limit);
            case RATE -> String.format(Locale.ROOT, "requests/s ≥ %.2f", limit);
        };
    }
}
