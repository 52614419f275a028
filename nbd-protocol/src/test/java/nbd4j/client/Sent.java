// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One request as the client sent it, taken apart strictly and by hand, so that a mistake of the client's own codec shows.
 *
 * @param header its first 28 or 32 bytes, in hexadecimal
 * @param payload of a write
 */
record Sent(String header, int flags, int type, long cookie, long offset, long length, ByteBuffer payload) {
    static final int READ = 0;
    static final int WRITE = 1;
    static final int DISC = 2;
    static final int FLUSH = 3;
    static final int TRIM = 4;
    static final int CACHE = 5;
    static final int WRITE_ZEROES = 6;
    static final int BLOCK_STATUS = 7;

    private static final int COMPACT = 0x25609513;
    private static final int EXTENDED = 0x21e41c71;

    /** Takes the first request apart, or returns null if some of it is missing. */
    static @Nullable Sent parse(ByteBuffer in, boolean extended) {
        int size = extended ? 32 : 28;
        if (in.remaining() < size) {
            return null;
        }
        int start = in.position();
        assertThat(in.getInt(start)).as("request magic").isEqualTo(extended ? EXTENDED : COMPACT);
        int flags = in.getShort(start + 4) & 0xFFFF;
        int type = in.getShort(start + 6) & 0xFFFF;
        long length = extended ? in.getLong(start + 24) : in.getInt(start + 24) & 0xFFFFFFFFL;
        boolean carries = type == WRITE || (flags & 0x20) != 0;
        int payload = carries ? Math.toIntExact(length) : 0;
        if (in.remaining() < size + payload) {
            return null;
        }
        byte[] header = new byte[size];
        in.get(header);
        byte[] data = new byte[payload];
        in.get(data);
        return new Sent(
                Hex.of(header),
                flags,
                type,
                in.getLong(start + 8),
                in.getLong(start + 16),
                length,
                ByteBuffer.wrap(data).asReadOnlyBuffer());
    }

    /** Asserts the header and the payload; {@code CK} stands for whatever cookie the client chose. */
    void assertBytes(String expected) {
        byte[] data = new byte[payload.remaining()];
        payload.duplicate().get(data);
        assertThat(header + Hex.of(data)).isEqualTo(Hex.of(Hex.bytes(expected, cookie)));
    }
}
