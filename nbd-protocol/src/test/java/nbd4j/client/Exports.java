// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.util.List;
import java.util.Optional;
import nbd4j.model.BlockSizes;
import nbd4j.model.Export;
import nbd4j.model.ExportInfo;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.MetaContext;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;

/** Exports as a handshake settles them. */
final class Exports {
    static final MetaContext BASE = new MetaContext(1, "base:allocation");
    static final int FLAGS = 0x0ded;
    static final int MIB = 1 << 20;

    private Exports() {}

    /** The export of the scripts: 1 MiB, everything offered, {@code base:allocation} with id 1. */
    static Export of(ReplyStyle style) {
        return of(style, MIB, FLAGS, BlockSizes.UNADVERTISED, style == ReplyStyle.SIMPLE ? List.of() : List.of(BASE));
    }

    static Export sized(ReplyStyle style, long size, BlockSizes blockSizes) {
        return of(style, size, FLAGS, blockSizes, style == ReplyStyle.SIMPLE ? List.of() : List.of(BASE));
    }

    static Export flagged(ReplyStyle style, int flags) {
        return of(style, MIB, flags, BlockSizes.UNADVERTISED, style == ReplyStyle.SIMPLE ? List.of() : List.of(BASE));
    }

    static Export contexts(ReplyStyle style, int flags, MetaContext... contexts) {
        return of(style, MIB, flags, BlockSizes.UNADVERTISED, List.of(contexts));
    }

    private static Export of(ReplyStyle style, long size, int bits, BlockSizes sizes, List<MetaContext> contexts) {
        int forbidden = style == ReplyStyle.SIMPLE ? TransmissionFlags.SEND_DF : 0;
        var flags = new TransmissionFlags(bits).without(forbidden);
        var info = new ExportInfo("disk", size, flags, Optional.of(sizes), Optional.empty(), Optional.empty());
        return new Export(info, flags, sizes, contexts, style, HandshakeStyle.FIXED_NEWSTYLE, false);
    }
}
