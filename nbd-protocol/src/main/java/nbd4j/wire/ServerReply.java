// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;
import nbd4j.model.ExportListing;
import nbd4j.model.NbdProtocolException;

/**
 * One export of a list.
 *
 * <pre>
 * 0  u32 length   bytes of the name
 * 4  ... name
 * .. ... description, the rest; may be empty
 * </pre>
 *
 * <p>Source: proto.md, {@code NBD_REP_SERVER}.
 */
public final class ServerReply {
    private ServerReply() {}

    /** Reads the data of a reply. */
    public static ExportListing readFrom(ByteBuffer in) throws NbdProtocolException {
        if (in.remaining() < Integer.BYTES) {
            throw new NbdProtocolException("list entry of %d bytes, at least 4 are needed".formatted(in.remaining()));
        }
        long length = Unsigned.u32(in);
        if (length > in.remaining()) {
            throw new NbdProtocolException(
                    "list entry whose name claims %d bytes, %d are left in it".formatted(length, in.remaining()));
        }
        String name = WireText.decodeName("export name", in, Math.toIntExact(length));
        return new ExportListing(name, WireText.decodeDisplay("export description", in, in.remaining()));
    }
}
