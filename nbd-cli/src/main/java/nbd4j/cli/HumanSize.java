// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/** Numbers of bytes as people write them: {@code 4096}, {@code 32K}, {@code 1M}, {@code 8GiB}. Powers of 1024. */
final class HumanSize {
    private static final String UNITS = "KMGTPE";

    private HumanSize() {}

    /**
     * Reads a number of bytes: digits, then nothing, {@code b}, {@code s} (sectors of 512 bytes) or one of
     * {@code K M G T P E}, small or capital, with or without {@code iB}.
     *
     * @param what whose value it is, for the message
     * @throws UsageException if it is anything else, or more than 2^63 - 1
     */
    static long parse(String what, String text) throws UsageException {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        long unit = unit(text.substring(digits));
        if (digits == 0 || unit == 0) {
            throw new UsageException("%s: '%s' is not a number of bytes such as 4096, 32K, 1M or 8GiB"
                    .formatted(what, OneLine.of(text)));
        }
        try {
            return Math.multiplyExact(Long.parseLong(text, 0, digits, 10), unit);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new UsageException(
                    "%s: %s is more than %d bytes".formatted(what, OneLine.of(text), Long.MAX_VALUE), e);
        }
    }

    private static long unit(String suffix) {
        if (suffix.isEmpty() || suffix.equalsIgnoreCase("b")) {
            return 1;
        }
        if (suffix.equals("s")) {
            return 512;
        }
        int power = UNITS.indexOf(Character.toUpperCase(suffix.charAt(0)));
        if (power < 0 || (suffix.length() > 1 && !suffix.substring(1).equals("iB"))) {
            return 0;
        }
        return 1L << (10 * (power + 1));
    }

    /** Returns the size in the largest unit that divides it, as nbdinfo does: {@code 1536K}, {@code 10G}, {@code 1025}. */
    static String exact(long bytes) {
        if (bytes == 0) {
            return "0";
        }
        int power = Math.min(Long.numberOfTrailingZeros(bytes) / 10, UNITS.length());
        return power == 0 ? Long.toString(bytes) : (bytes >> (10 * power)) + UNITS.substring(power - 1, power);
    }

    /** Returns the size as {@link #rounded(double)} does. */
    static String rounded(long bytes) {
        return rounded((double) bytes);
    }

    /** Returns the size rounded to about three digits, for people who watch: {@code 1.5 GiB}, {@code 999 bytes}. */
    static String rounded(double bytes) {
        if (bytes < 1024) {
            return "%d bytes".formatted(Math.round(bytes));
        }
        int power = 0;
        double scaled = bytes;
        while (scaled >= 1023.95 && power < UNITS.length()) {
            scaled /= 1024;
            power++;
        }
        // Half of 0.1 below 1024, so that no 1024.0 KiB is shown.
        return (scaled < 99.95 ? Decimal.of(scaled, 1) : Long.toString(Math.round(scaled))) + " "
                + UNITS.charAt(power - 1) + "iB";
    }
}
