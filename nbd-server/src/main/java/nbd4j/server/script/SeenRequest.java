// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

import java.nio.ByteBuffer;

/**
 * A request that a client sent.
 *
 * @param extended whether it had an extended header
 * @param flags command flags
 * @param type command number
 * @param cookie to be repeated in replies
 * @param offset bytes
 * @param length bytes
 * @param payload what followed the header; empty if only the header was read
 */
public record SeenRequest(
        boolean extended, int flags, int type, long cookie, long offset, long length, ByteBuffer payload) {
    static final int COMPACT_BYTES = 28;
    static final int EXTENDED_MAGIC = 0x21e41c71;
    private static final int MAGIC = 0x25609513;
    private static final int WRITE = 1;
    private static final int PAYLOAD_LEN = 0x20;

    static SeenRequest readFrom(ByteBuffer header) {
        int magic = header.getInt();
        if (magic != MAGIC && magic != EXTENDED_MAGIC) {
            throw new AssertionError("request magic " + Integer.toHexString(magic) + ", expected 25609513 or 21e41c71");
        }
        boolean extended = magic == EXTENDED_MAGIC;
        return new SeenRequest(
                extended,
                Short.toUnsignedInt(header.getShort()),
                Short.toUnsignedInt(header.getShort()),
                header.getLong(),
                header.getLong(),
                extended ? header.getLong() : Integer.toUnsignedLong(header.getInt()),
                ByteBuffer.allocate(0));
    }

    long payloadLength() {
        boolean carries = extended ? (flags & PAYLOAD_LEN) != 0 : type == WRITE;
        return carries ? length : 0;
    }

    SeenRequest with(byte[] bytes) {
        return new SeenRequest(
                extended,
                flags,
                type,
                cookie,
                offset,
                length,
                ByteBuffer.wrap(bytes).asReadOnlyBuffer());
    }
}
