// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.nio.ByteBuffer;

/**
 * The request that ends the transmission phase, for an export that turns out unusable the moment that phase begins.
 *
 * <p>Source: proto.md, {@code NBD_CMD_DISC}.
 */
final class Farewell {
    private static final int COMPACT_MAGIC = 0x25609513;
    private static final int EXTENDED_MAGIC = 0x21E41C71;
    private static final short DISC = 2;

    private Farewell() {}

    static ByteBuffer disc(boolean extended) {
        var out = ByteBuffer.allocate(extended ? 32 : 28);
        out.putInt(extended ? EXTENDED_MAGIC : COMPACT_MAGIC)
                .putShort((short) 0)
                .putShort(DISC);
        return out.rewind();
    }
}
