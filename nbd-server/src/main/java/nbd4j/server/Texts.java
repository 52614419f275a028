// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Strings of the protocol: UTF-8, at most 4096 bytes. */
final class Texts {
    private Texts() {}

    /** Returns a message in bytes, cut where it is too long, never inside a character. */
    static byte[] limited(@Nullable String message) {
        if (message == null) {
            return new byte[0];
        }
        var into = ByteBuffer.allocate(Numbers.MAXIMUM_STRING);
        StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .encode(CharBuffer.wrap(message), into, true);
        var bytes = new byte[into.position()];
        into.get(0, bytes);
        return bytes;
    }

    /** Takes bytes that must be valid UTF-8; null if they are not, or are too many. */
    static @Nullable String take(ByteBuffer from, int length) {
        var bytes = from.slice(from.position(), length);
        from.position(from.position() + length);
        if (length > Numbers.MAXIMUM_STRING) {
            return null;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException malformed) {
            return null;
        }
    }
}
