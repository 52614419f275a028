// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.nio.ByteBuffer;
import nbd4j.wire.Command;
import nbd4j.wire.RequestHeader;

/**
 * The request that ends the transmission phase, for an export that turns out unusable the moment that phase begins.
 *
 * <p>Source: proto.md, {@code NBD_CMD_DISC}.
 */
final class Farewell {
    private Farewell() {}

    static ByteBuffer disc(boolean extended) {
        var header = new RequestHeader(0, Command.DISC.type(), 0, 0, 0);
        var out = ByteBuffer.allocate(extended ? RequestHeader.EXTENDED_BYTES : RequestHeader.COMPACT_BYTES);
        if (extended) {
            header.writeExtendedTo(out);
        } else {
            header.writeCompactTo(out);
        }
        return out.flip();
    }
}
