// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.util.List;
import java.util.Optional;

/**
 * What a connection is connected to, and how. All of it is settled by the handshake and does not change.
 *
 * @param info what the server told of the export
 * @param flags the transmission flags that hold: without those that the negotiated replies forbid
 * @param blockSizes the request sizes that hold: those advertised, else {@link BlockSizes#UNADVERTISED}
 * @param contexts the metadata contexts negotiated, in the order of the server's answer; empty if none
 * @param replyStyle how the server answers
 * @param handshakeStyle how the server greeted
 * @param tls whether the connection is encrypted
 * @param unrequestedContexts contexts that the server added although they were not asked for. Its block status replies
 *     may bring them, and they are dropped there
 */
public record Export(
        ExportInfo info,
        TransmissionFlags flags,
        BlockSizes blockSizes,
        List<MetaContext> contexts,
        ReplyStyle replyStyle,
        HandshakeStyle handshakeStyle,
        boolean tls,
        List<MetaContext> unrequestedContexts) {
    /** Copies the lists. */
    public Export {
        contexts = List.copyOf(contexts);
        unrequestedContexts = List.copyOf(unrequestedContexts);
    }

    /** Creates an export whose server added no contexts by itself. */
    public Export(
            ExportInfo info,
            TransmissionFlags flags,
            BlockSizes blockSizes,
            List<MetaContext> contexts,
            ReplyStyle replyStyle,
            HandshakeStyle handshakeStyle,
            boolean tls) {
        this(info, flags, blockSizes, contexts, replyStyle, handshakeStyle, tls, List.of());
    }

    /** Returns the name that was asked for. */
    public String name() {
        return info.name();
    }

    /** Returns the size in bytes, 0 to 2^63-1. */
    public long size() {
        return info.size();
    }

    /** Returns the negotiated context of this name. */
    public Optional<MetaContext> context(String name) {
        return contexts.stream().filter(context -> context.name().equals(name)).findFirst();
    }

    /** Returns whether block status can be asked for the context of this name. */
    public boolean hasContext(String name) {
        return context(name).isPresent();
    }
}
