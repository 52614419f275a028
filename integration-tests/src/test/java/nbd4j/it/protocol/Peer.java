// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import java.util.EnumSet;
import java.util.Set;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;

/** The servers, and what their exports in this matrix can do. */
enum Peer {
    /** The plugin "memory". */
    NBDKIT(
            ReplyStyle.STRUCTURED,
            EnumSet.of(
                    Feature.FLUSH,
                    Feature.FUA,
                    Feature.TRIM,
                    Feature.ZERO,
                    Feature.FAST_ZERO,
                    Feature.CACHE,
                    Feature.DF,
                    Feature.MULTI_CONN,
                    Feature.ALLOCATION)),
    /** qemu-nbd of Debian 12 with a raw file, for several clients. */
    QEMU_7(
            ReplyStyle.STRUCTURED,
            EnumSet.of(
                    Feature.FLUSH,
                    Feature.FUA,
                    Feature.TRIM,
                    Feature.ZERO,
                    Feature.FAST_ZERO,
                    Feature.CACHE,
                    Feature.DF,
                    Feature.MULTI_CONN,
                    Feature.ALLOCATION,
                    Feature.HOLE_CHUNKS)),
    /** The same of Debian 13. */
    QEMU_10(
            ReplyStyle.EXTENDED,
            EnumSet.of(
                    Feature.FLUSH,
                    Feature.FUA,
                    Feature.TRIM,
                    Feature.ZERO,
                    Feature.FAST_ZERO,
                    Feature.CACHE,
                    Feature.DF,
                    Feature.MULTI_CONN,
                    Feature.ALLOCATION,
                    Feature.HOLE_CHUNKS,
                    Feature.STATUS_PAYLOAD)),
    /** nbd-server of Debian 12 with a file. It tells the size to GO only. */
    NBD_SERVER(
            ReplyStyle.SIMPLE,
            EnumSet.of(
                    Feature.FLUSH,
                    Feature.FUA,
                    Feature.TRIM,
                    Feature.ZERO,
                    Feature.MULTI_CONN,
                    Feature.INFO_LIES,
                    Feature.ZEROES_BY_WRITING)),
    /** The server of this project, in this JVM. */
    EMBEDDED(
            ReplyStyle.EXTENDED,
            EnumSet.of(
                    Feature.FLUSH,
                    Feature.FUA,
                    Feature.TRIM,
                    Feature.ZERO,
                    Feature.FAST_ZERO,
                    Feature.CACHE,
                    Feature.DF,
                    Feature.MULTI_CONN,
                    Feature.ALLOCATION,
                    Feature.HOLE_CHUNKS,
                    Feature.STATUS_PAYLOAD));

    /** What an export can do. */
    enum Feature {
        FLUSH,
        FUA,
        TRIM,
        ZERO,
        FAST_ZERO,
        CACHE,
        /** Reads in one piece. Only where reads come in chunks. */
        DF,
        MULTI_CONN,
        /** Status in {@code base:allocation}. Only where replies come in chunks. */
        ALLOCATION,
        /** Holes in replies to reads. Only where reads come in chunks. */
        HOLE_CHUNKS,
        /** Status in a choice of contexts. Only with extended headers. */
        STATUS_PAYLOAD,
        /** Option INFO answers with another size than GO. */
        INFO_LIES,
        /** Zeroes take as long as data, so tests ask for few. */
        ZEROES_BY_WRITING;

        private boolean missesIn(ReplyStyle style) {
            return switch (this) {
                case DF, ALLOCATION, HOLE_CHUNKS -> style == ReplyStyle.SIMPLE;
                case STATUS_PAYLOAD -> style != ReplyStyle.EXTENDED;
                default -> false;
            };
        }
    }

    private final ReplyStyle best;

    @SuppressWarnings("ImmutableEnumChecker") // a copy that cannot be changed
    private final Set<Feature> features;

    Peer(ReplyStyle best, Set<Feature> features) {
        this.best = best;
        this.features = Set.copyOf(features);
    }

    /** The best way of replying that the server knows; it knows those before it, too. */
    ReplyStyle best() {
        return best;
    }

    boolean knowsPsk() {
        return this != NBD_SERVER && this != EMBEDDED;
    }

    boolean can(Feature feature, ReplyStyle style) {
        return features.contains(feature) && !feature.missesIn(style);
    }

    /** Returns the transmission flags that a connection must show. */
    TransmissionFlags flags(ReplyStyle style) {
        int bits = TransmissionFlags.HAS_FLAGS;
        for (Feature feature : features) {
            bits |= can(feature, style) ? bit(feature) : 0;
        }
        return new TransmissionFlags(bits);
    }

    private static int bit(Feature feature) {
        return switch (feature) {
            case FLUSH -> TransmissionFlags.SEND_FLUSH;
            case FUA -> TransmissionFlags.SEND_FUA;
            case TRIM -> TransmissionFlags.SEND_TRIM;
            case ZERO -> TransmissionFlags.SEND_WRITE_ZEROES;
            case FAST_ZERO -> TransmissionFlags.SEND_FAST_ZERO;
            case CACHE -> TransmissionFlags.SEND_CACHE;
            case DF -> TransmissionFlags.SEND_DF;
            case MULTI_CONN -> TransmissionFlags.CAN_MULTI_CONN;
            case STATUS_PAYLOAD -> TransmissionFlags.BLOCK_STATUS_PAYLOAD;
            case ALLOCATION, HOLE_CHUNKS, INFO_LIES, ZEROES_BY_WRITING -> 0;
        };
    }
}
