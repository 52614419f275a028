// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;

/**
 * The answer to EXPORT_NAME, the one option whose answer is not an option reply.
 *
 * <pre>
 * 0  u64 size     bytes of the export
 * 8  u16 flags    transmission flags
 * 10 124 bytes    reserved, any content; absent if both sides agreed on NO_ZEROES
 * </pre>
 *
 * <p>Source: proto.md, "Newstyle negotiation".
 *
 * @param size as sent, unsigned
 * @param flags as sent
 */
public record ExportNameReply(long size, int flags) {
    private static final int BYTES = 10;
    private static final int RESERVED = 124;

    /** Returns how many bytes are due. */
    public static int bytes(boolean noZeroes) {
        return noZeroes ? BYTES : BYTES + RESERVED;
    }

    /** Reads size and flags. */
    public static ExportNameReply readFrom(ByteBuffer in) {
        return new ExportNameReply(in.getLong(), Unsigned.u16(in));
    }
}
