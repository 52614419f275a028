// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Text from a server, or from a stranger's URI, made safe to show on a terminal, in a log, in JSON or in an exception.
 *
 * <p>Control characters (C0, DEL, C1), line and paragraph separators, characters that change the writing direction or
 * are invisible, unpaired surrogates and broken UTF-8 become {@code \xNN} (for a byte) or {@code \}{@code u{NNNN}} (for
 * a character; of ASCII that is the same, so these are {@code \xNN} too); a backslash becomes two. What is left is
 * printable and on one line, and tells exactly what it was made from.
 */
public final class Printable {
    /** More characters than this are not shown; people do not read on, and a log line stays a line. */
    public static final int MAXIMUM_LENGTH = 256;

    private Printable() {}

    /** Returns the text, safe to show, cut after {@link #MAXIMUM_LENGTH} characters with a note of how many follow. */
    public static String escape(CharSequence text) {
        var out = new StringBuilder();
        int shown = 0;
        int index = 0;
        while (index < text.length()) {
            if (shown++ == MAXIMUM_LENGTH) {
                return out.append("… (%d more characters)".formatted(text.length() - index))
                        .toString();
            }
            int character = Character.codePointAt(text, index);
            append(out, character);
            index += Character.charCount(character);
        }
        return out.toString();
    }

    /** Returns the whole text, safe to show. For text that is data, such as a name in JSON or in a list. */
    public static String escapeAll(CharSequence text) {
        var out = new StringBuilder();
        text.codePoints().forEach(character -> append(out, character));
        return out.toString();
    }

    /** Returns the bytes read as UTF-8, safe to show, cut as {@link #escape(CharSequence)} does. */
    public static String escape(byte[] utf8) {
        var out = new StringBuilder(decode(ByteBuffer.wrap(utf8, 0, Math.min(utf8.length, 4 * MAXIMUM_LENGTH))));
        if (out.length() > MAXIMUM_LENGTH || utf8.length > 4 * MAXIMUM_LENGTH) {
            int end = Math.min(out.length(), MAXIMUM_LENGTH);
            out.setLength(end > 0 && Character.isHighSurrogate(out.charAt(end - 1)) ? end - 1 : end);
            out.append("… (%d bytes in all)".formatted(utf8.length));
        }
        return out.toString();
    }

    /** Returns all the bytes read as UTF-8, safe to show. For text that is data, such as a description in JSON. */
    public static String escapeAll(byte[] utf8) {
        return decode(ByteBuffer.wrap(utf8)).toString();
    }

    private static StringBuilder decode(ByteBuffer in) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        var characters = CharBuffer.allocate(in.remaining() + 1);
        var out = new StringBuilder();
        while (true) {
            CoderResult result = decoder.decode(in, characters, true);
            characters.flip();
            characters.codePoints().forEach(character -> append(out, character));
            characters.clear();
            if (!result.isError()) {
                break;
            }
            for (int i = 0; i < result.length(); i++) {
                out.append("\\x%02x".formatted(in.get()));
            }
            decoder.reset();
        }
        return out;
    }

    private static void append(StringBuilder out, int character) {
        if (character == '\\') {
            out.append("\\\\");
        } else if (isSafe(character)) {
            out.appendCodePoint(character);
        } else if (character < 0x80) {
            out.append("\\x%02x".formatted(character));
        } else {
            out.append("\\u{%x}".formatted(character));
        }
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
