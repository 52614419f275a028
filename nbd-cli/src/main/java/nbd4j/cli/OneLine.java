// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/**
 * Text made to fit on one line of a terminal, whoever wrote it.
 *
 * <p>Unlike {@link nbd4j.model.Printable} it leaves backslashes alone, because the messages that pass here may hold
 * text that was escaped already.
 */
final class OneLine {
    private OneLine() {}

    /** Returns the text without anything that moves the cursor, ends the line or changes the direction of writing. */
    static String of(String text) {
        int index = 0;
        while (index < text.length() && isPlain(text.charAt(index))) {
            index++;
        }
        return index == text.length() ? text : escape(text, index);
    }

    private static String escape(String text, int plain) {
        var out = new StringBuilder(text.length() + 16).append(text, 0, plain);
        int index = plain;
        while (index < text.length()) {
            int character = text.codePointAt(index);
            index += Character.charCount(character);
            if (isSafe(character)) {
                out.appendCodePoint(character);
            } else if (character < 0x80) {
                out.append("\\x%02x".formatted(character));
            } else {
                out.append("\\u{%x}".formatted(character));
            }
        }
        return out.toString();
    }

    private static boolean isPlain(char character) {
        return character >= 0x20 && character < 0x7F;
    }

    private static boolean isSafe(int character) {
        if (character < 0x7F) {
            return character >= 0x20;
        }
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
