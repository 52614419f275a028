// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.util.Set;

/**
 * An export as one server offers it.
 *
 * @param options what its owner said
 * @param disabledByServer what the server offers for no export
 */
record Export(ExportOptions options, Set<Capability> disabledByServer) {
    boolean can(Capability capability) {
        return !options.disabled().contains(capability) && !disabledByServer.contains(capability);
    }

    Storage storage() {
        return options.storage();
    }

    boolean readOnly() {
        return options.readOnly();
    }

    /** Returns the transmission flags for a session of that style. */
    int flags(ReplyStyle style) {
        int flags = Numbers.HAS_FLAGS
                | flag(Capability.FLUSH, Numbers.SEND_FLUSH)
                | flag(Capability.MULTI_CONN, Numbers.CAN_MULTI_CONN)
                | flag(Capability.CACHE, Numbers.SEND_CACHE);
        if (style != ReplyStyle.SIMPLE) {
            flags |= flag(Capability.DF, Numbers.SEND_DF);
        }
        if (style == ReplyStyle.EXTENDED && can(Capability.META_CONTEXT)) {
            flags |= flag(Capability.BLOCK_STATUS_PAYLOAD, Numbers.SEND_BLOCK_STATUS_PAYLOAD);
        }
        if (readOnly()) {
            return flags | Numbers.READ_ONLY;
        }
        flags |= flag(Capability.FUA, Numbers.SEND_FUA)
                | flag(Capability.TRIM, Numbers.SEND_TRIM)
                | flag(Capability.WRITE_ZEROES, Numbers.SEND_WRITE_ZEROES);
        if (can(Capability.WRITE_ZEROES)) {
            flags |= flag(Capability.FAST_ZERO, Numbers.SEND_FAST_ZERO);
        }
        return flags;
    }

    private int flag(Capability capability, int flag) {
        return can(capability) ? flag : 0;
    }
}
