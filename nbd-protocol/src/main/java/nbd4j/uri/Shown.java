// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

/** Text of a stranger's URI, made fit for an exception message: printable ASCII, bounded, and without a password. */
final class Shown {
    /** More characters than this are not shown. */
    private static final int MAXIMUM_LENGTH = 200;

    private Shown() {}

    /** Returns the URI for a message. What may be a password, from a colon to a later {@code @}, becomes {@code ***}. */
    static String uri(String text) {
        int end = text.lastIndexOf('@');
        int scheme = text.indexOf("://");
        int colon = text.indexOf(':', scheme >= 0 && scheme < text.indexOf('@') ? scheme + 3 : 0);
        if (colon >= 0 && colon < end) {
            return value(text.substring(0, colon + 1) + "***" + text.substring(end));
        }
        return value(text);
    }

    static String value(String text) {
        var out = new StringBuilder();
        text.codePoints().limit(MAXIMUM_LENGTH).forEach(c -> {
            if (c >= 0x20 && c < 0x7F) {
                out.append((char) c);
            } else {
                out.append("\\u{%x}".formatted(c));
            }
        });
        return text.length() > MAXIMUM_LENGTH ? out + "… (%d characters)".formatted(text.length()) : out.toString();
    }

    static String character(int c) {
        return "'" + value(Character.toString(c)) + "'";
    }
}
