// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Percent-encoding of UTF-8, strict both ways: a broken escape and broken UTF-8 are errors, never replaced.
 *
 * <p>Source: RFC 3986, section 2.1.
 */
final class PercentCoding {
    /** Stands for itself in what we print, beside letters and digits; less than RFC 3986 allows, so that it is safe everywhere. */
    private static final String PLAIN = "-._~/:,";

    private static final String PLAIN_IN_NAMES = "-._~";

    private PercentCoding() {}

    /**
     * Decodes one component once.
     *
     * @param what the component's name, for the message
     * @throws IllegalArgumentException if an escape is malformed or the bytes are not UTF-8
     */
    static String decode(String what, String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        var bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int high = i + 1 < text.length() ? hexDigit(text.charAt(i + 1)) : -1;
                int low = i + 2 < text.length() ? hexDigit(text.charAt(i + 2)) : -1;
                if (high < 0 || low < 0) {
                    throw new IllegalArgumentException(
                            "the %s has a '%%' that two hexadecimal digits do not follow".formatted(what));
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the %s is not UTF-8 when decoded".formatted(what), e);
        }
    }

    /** Encodes a part of the authority: all but letters, digits and {@code -._~}. */
    static String encodeName(String what, String text) {
        return encode(what, text, PLAIN_IN_NAMES);
    }

    /** Encodes a path or a value: all but letters, digits and {@code -._~/:,}. */
    static String encode(String what, String text) {
        return encode(what, text, PLAIN);
    }

    private static String encode(String what, String text, String plain) {
        var out = new StringBuilder(text.length());
        for (byte b : utf8(what, text)) {
            char c = (char) (b & 0xFF);
            if (Hosts.isAsciiLetter(c) || Hosts.isDigit(c) || plain.indexOf(c) >= 0) {
                out.append(c);
            } else {
                out.append("%%%02X".formatted((int) c));
            }
        }
        return out.toString();
    }

    /**
     * Returns the bytes of the text in UTF-8.
     *
     * @throws IllegalArgumentException if the text has an unpaired surrogate
     */
    static byte[] utf8(String what, String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            var bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the %s has an unpaired surrogate".formatted(what), e);
        }
    }

    /** Returns the value of a hexadecimal digit in ASCII, or -1. */
    static int hexDigit(int c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
