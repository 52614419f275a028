// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/** Strings of JSON. */
final class JsonText {
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

    private static boolean isPrintable(int character) {
        String text = Character.toString(character);
        return OneLine.of(text).equals(text);
    }
}
