// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.Printable;

/**
 * One metadata context.
 *
 * <pre>
 * 0  u32 id       what block status will call it; without meaning in a list
 * 4  ... name     namespace, colon, leaf; the leaf of a wildcard in a list is empty
 * </pre>
 *
 * <p>Source: proto.md, {@code NBD_REP_META_CONTEXT}.
 */
public final class MetaContextReply {
    private MetaContextReply() {}

    /** Reads the data of a reply. */
    public static MetaContext readFrom(ByteBuffer in) throws NbdProtocolException {
        if (in.remaining() < Integer.BYTES) {
            throw new NbdProtocolException(
                    "metadata context of %d bytes, at least 6 are needed".formatted(in.remaining()));
        }
        long id = Unsigned.u32(in);
        String name = WireText.decodeName("metadata context name", in, in.remaining());
        if (name.indexOf(':') <= 0) {
            throw new NbdProtocolException(
                    "metadata context '%s' has no namespace before a colon".formatted(Printable.escape(name)));
        }
        return new MetaContext(id, name);
    }
}
