// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.nio.ByteBuffer;
import java.util.Optional;
import nbd4j.model.BlockSizes;
import nbd4j.model.ExportInfo;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.Printable;
import nbd4j.model.TransmissionFlags;
import nbd4j.wire.InfoReply;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a server tells of one export in answer to INFO or GO, in any order. The same twice is harmless; two
 * that contradict each other are a breach. Kinds that are not known are ignored.
 *
 * <p>Source: proto.md, {@code NBD_REP_INFO}.
 */
final class InfoReplies implements OptionExchange.Replies {
    private final String name;
    private InfoReply.@Nullable Export export;
    private InfoReply.@Nullable Blocks blocks;
    private InfoReply.@Nullable Name canonicalName;
    private InfoReply.@Nullable Description description;

    InfoReplies(String name) {
        this.name = name;
    }

    @Override
    public void take(ByteBuffer data) throws NbdProtocolException {
        // No switch over types: see docs/decisions/launcher.md, "What a start must not touch".
        InfoReply any = InfoReply.readFrom(data);
        if (any instanceof InfoReply.Export reply) {
            requireFlags(reply.flags());
            export = same(export, reply);
        } else if (any instanceof InfoReply.Blocks reply) {
            blocks = same(blocks, reply);
        } else if (any instanceof InfoReply.Name reply) {
            canonicalName = same(canonicalName, reply);
        } else if (any instanceof InfoReply.Description reply) {
            description = same(description, reply);
        }
    }

    private static <T extends InfoReply> T same(@Nullable T earlier, T later) throws NbdProtocolException {
        if (earlier != null && !earlier.equals(later)) {
            throw new NbdProtocolException(
                    "two replies that contradict each other, %s and %s".formatted(describe(earlier), describe(later)));
        }
        return later;
    }

    private static String describe(InfoReply reply) {
        return switch (reply) {
            case InfoReply.Export it ->
                "INFO_EXPORT of %s bytes with flags 0x%04x"
                        .formatted(Long.toUnsignedString(it.size()), it.flags().bits());
            case InfoReply.Blocks it -> "INFO_BLOCK_SIZE " + it.sizes();
            case InfoReply.Name it -> "INFO_NAME '" + Printable.escape(it.text()) + "'";
            case InfoReply.Description it -> "INFO_DESCRIPTION '" + it.text() + "'";
            case InfoReply.Unknown it -> "INFO of type " + it.type();
        };
    }

    /** Refuses flags that lack the one bit which every server must set. */
    static void requireFlags(TransmissionFlags flags) throws NbdProtocolException {
        if (!flags.hasFlags()) {
            throw new NbdProtocolException(
                    "transmission flags 0x%04x without HAS_FLAGS (0x0001), which must be set".formatted(flags.bits()));
        }
    }

    /** Refuses what an oldstyle greeting must not say. */
    static void requireOldstyleFlags(long flags) throws NbdProtocolException {
        if (flags > 0xFFFF) {
            throw new NbdProtocolException(
                    "oldstyle greeting with flags 0x%08x, whose high half must be 0".formatted(flags));
        }
        requireFlags(new TransmissionFlags(Math.toIntExact(flags)));
    }

    /**
     * Returns all of it, once the server has acknowledged.
     *
     * @throws NbdProtocolException if the server never sent size and flags
     * @throws NbdNegotiationException if the export is too large for this client
     */
    ExportInfo toInfo(String peer) throws NbdProtocolException, NbdNegotiationException {
        if (export == null) {
            throw new NbdProtocolException("%s acknowledged export '%s' without INFO_EXPORT, which must be sent"
                    .formatted(peer, Printable.escape(name)));
        }
        return new ExportInfo(
                name,
                requireSize(peer, export.size()),
                export.flags(),
                Optional.ofNullable(blocks).map(InfoReply.Blocks::sizes),
                Optional.ofNullable(canonicalName).map(InfoReply.Name::text),
                Optional.ofNullable(description).map(InfoReply.Description::text));
    }

    /** Returns the size, unless it needs all 64 bits. */
    static long requireSize(String peer, long size) throws NbdNegotiationException {
        if (size < 0) {
            throw new NbdNegotiationException(
                    "export of %s has %s bytes, this client supports at most %d"
                            .formatted(peer, Long.toUnsignedString(size), Long.MAX_VALUE),
                    0);
        }
        return size;
    }

    /** Returns what is known of an export whose server sends nothing but size and flags. */
    static ExportInfo plain(String peer, String name, long size, TransmissionFlags flags)
            throws NbdProtocolException, NbdNegotiationException {
        requireFlags(flags);
        return new ExportInfo(
                name, requireSize(peer, size), flags, Optional.<BlockSizes>empty(), Optional.empty(), Optional.empty());
    }
}
