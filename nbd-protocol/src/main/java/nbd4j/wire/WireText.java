// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.Printable;

/**
 * The strings of the wire: UTF-8 without NUL, at most 4096 bytes.
 *
 * <p>Source: proto.md, "Conventions", "Values".
 */
public final class WireText {
    /** Longest string that either side may send, in bytes. */
    public static final int MAXIMUM_BYTES = 4096;

    private WireText() {}

    /**
     * Returns the bytes of a name that the client is about to send.
     *
     * @param what what the name is, for the message
     * @throws IllegalArgumentException if it is too long, has a NUL or is not text
     */
    public static byte[] encode(String what, String text) {
        ByteBuffer bytes;
        try {
            bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "%s '%s' has an unpaired surrogate".formatted(what, Printable.escape(text)), e);
        }
        if (bytes.remaining() > MAXIMUM_BYTES) {
            throw new IllegalArgumentException("%s '%s' has %d bytes of UTF-8, at most %d are allowed"
                    .formatted(what, Printable.escape(text), bytes.remaining(), MAXIMUM_BYTES));
        }
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("%s '%s' has a NUL".formatted(what, Printable.escape(text)));
        }
        byte[] exact = new byte[bytes.remaining()];
        bytes.get(exact);
        return exact;
    }

    /**
     * Reads a name that identifies something, and so must be what the specification says.
     *
     * @param length bytes, checked by the caller against what remains
     */
    static String decodeName(String what, ByteBuffer in, int length) throws NbdProtocolException {
        byte[] bytes = take(what, in, length);
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new NbdProtocolException("%s '%s' is not UTF-8".formatted(what, Printable.escape(bytes)), e);
        }
        if (text.indexOf('\0') >= 0) {
            throw new NbdProtocolException("%s '%s' has a NUL".formatted(what, Printable.escape(bytes)));
        }
        return text;
    }

    /** Reads words for people, whatever they are made of, and escapes them. */
    static String decodeDisplay(String what, ByteBuffer in, int length) throws NbdProtocolException {
        return Printable.escapeAll(take(what, in, length));
    }

    private static byte[] take(String what, ByteBuffer in, int length) throws NbdProtocolException {
        if (length > MAXIMUM_BYTES) {
            throw new NbdProtocolException(
                    "%s of %d bytes, at most %d are allowed".formatted(what, length, MAXIMUM_BYTES));
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
