// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nbd4j.model.Printable;

/** Strings of JSON. */
final class JsonText {
    private static final Pattern ESCAPED = Pattern.compile("\\\\(?:\\\\|x[0-7][0-9a-f]|u\\{[0-9a-f]+})");

    private JsonText() {}

    /**
     * Returns the text as a JSON string, quotes included. Everything that is not plainly printable leaves as
     * {@code \}{@code uNNNN}, unpaired surrogates too, so that the output is valid UTF-8 and harmless on a terminal.
     */
    static String quote(String text) {
        var out = new StringBuilder(text.length() + 2).append('"');
        int index = 0;
        while (index < text.length()) {
            int character = text.codePointAt(index);
            int count = Character.charCount(character);
            if (character == '"' || character == '\\') {
                out.append('\\').append((char) character);
            } else if (character >= 0x20 && character < 0x7F) {
                out.append((char) character);
            } else if (character >= 0x7F && isPrintable(character)) {
                out.appendCodePoint(character);
            } else {
                for (int i = 0; i < count; i++) {
                    out.append("\\u%04x".formatted((int) text.charAt(index + i)));
                }
            }
            index += count;
        }
        return out.append('"').toString();
    }

    /**
     * Returns the text that {@link Printable#escapeAll} made printable as it was before, as a JSON string. Only bytes that
     * were no UTF-8 stay {@code \xNN}, since JSON has no place for them.
     */
    static String quoteEscaped(String text) {
        return quote(ESCAPED.matcher(text).replaceAll(match -> Matcher.quoteReplacement(original(match.group()))));
    }

    private static String original(String escape) {
        return switch (escape.charAt(1)) {
            case '\\' -> "\\";
            case 'x' -> Character.toString(Integer.parseInt(escape, 2, escape.length(), 16));
            default -> Character.toString(Integer.parseInt(escape, 3, escape.length() - 1, 16));
        };
    }

    private static boolean isPrintable(int character) {
        String text = Character.toString(character);
        return OneLine.of(text).equals(text);
    }
}
