// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/** Messages put together and taken apart by hand, so that a mistake of the client's own codecs shows. */
final class Message {
    private Message() {}

    /** What a server says, written by hand. */
    static ByteBuffer message(Object... parts) {
        var out = ByteBuffer.allocate(16_384);
        for (Object part : parts) {
            switch (part) {
                case Short u16 -> out.putShort(u16);
                case Integer u32 -> out.putInt(u32);
                case Long u64 -> out.putLong(u64);
                case String text -> out.put(text.getBytes(UTF_8));
                case byte[] bytes -> out.put(bytes);
                default -> throw new IllegalArgumentException(part.toString());
            }
        }
        return out.flip();
    }

    /** Returns the next bytes as text. */
    static String text(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, UTF_8);
    }
}
