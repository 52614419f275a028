// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.time.Duration;

/** Lengths of time as people write them: {@code 30}, {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 1d}. */
final class HumanDuration {
    /** Longer than any disk lasts; keeps sums of times far from an overflow. */
    private static final Duration MAXIMUM = Duration.ofDays(10_000);

    private HumanDuration() {}

    /**
     * Reads a length of time; seconds if no unit follows.
     *
     * @param what whose value it is, for the message
     * @throws UsageException if it is anything else, or more than 10 000 days
     */
    static Duration parse(String what, String text) throws UsageException {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        long millis = unit(text.substring(digits));
        if (digits == 0 || digits > 12 || millis == 0) {
            throw new UsageException("%s: '%s' is not a length of time such as 30s, 500ms, 5m, 2h or 1d"
                    .formatted(what, OneLine.of(text)));
        }
        long count = Long.parseLong(text, 0, digits, 10);
        if (count > MAXIMUM.toMillis() / millis) {
            throw new UsageException("%s: %s is more than %dd".formatted(what, text, MAXIMUM.toDays()));
        }
        return Duration.ofMillis(count * millis);
    }

    private static long unit(String suffix) {
        return switch (suffix) {
            case "ms" -> 1;
            case "", "s" -> 1000;
            case "m", "min" -> 60_000;
            case "h" -> 3_600_000;
            case "d" -> 86_400_000;
            default -> 0;
        };
    }

    /** Returns a length of time in two units at most, for people who watch: {@code 0.3 s}, {@code 12 s}, {@code 3m 20s}. */
    static String of(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 10) {
            return Decimal.of(duration.toMillis() / 1000.0, 1) + " s";
        }
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m " + seconds % 60 + "s";
        }
        if (seconds < 86_400) {
            return seconds / 3600 + "h " + seconds / 60 % 60 + "m";
        }
        return seconds / 86_400 + "d " + seconds / 3600 % 24 + "h";
    }
}
