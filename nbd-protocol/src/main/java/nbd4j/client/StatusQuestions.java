// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockStatus;
import nbd4j.model.ClientCheck;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import nbd4j.model.Printable;
import nbd4j.model.ReplyStyle;
import nbd4j.session.Request;
import nbd4j.session.Session;
import nbd4j.session.StatusReply;
import nbd4j.wire.Command;

/** The block status of a connection: one question, or as many as a range needs. Any number of threads enter. */
final class StatusQuestions {
    /** Longest block status in one compact request. Some servers fail at lengths near 2^32. */
    private static final long LONGEST_STATUS = 1L << 30;

    private final Session session;
    private final Export export;
    private final boolean extended;

    StatusQuestions(Session session, Export export) {
        this.session = session;
        this.export = export;
        extended = export.replyStyle() == ReplyStyle.EXTENDED;
    }

    /** Asks once, in all negotiated contexts; see {@link NbdConnection#blockStatus(long, long, Set)}. */
    List<BlockStatus> ask(long offset, long length, Set<CommandFlag> flags) throws IOException {
        int bits = CommandFlag.bits(flags);
        session.check(Command.BLOCK_STATUS, bits, offset, length);
        if (length == 0 && session.checks(ClientCheck.ZERO_LENGTH)) {
            return List.of();
        }
        long now = extended ? length : Math.min(length, LONGEST_STATUS);
        var reply = new StatusReply(export.contexts(), export.unrequestedContexts());
        Request request = session.begin(Command.BLOCK_STATUS, bits, offset, now);
        request.setStatus(reply, now);
        session.submit(request);
        session.await(request);
        return reply.result();
    }

    /** Asks once, in some contexts; see {@link NbdConnection#blockStatus(long, long, Set, Collection)}. */
    List<BlockStatus> ask(long offset, long length, Set<CommandFlag> flags, Collection<String> contexts)
            throws IOException {
        if (!export.flags().canBlockStatusPayload() && session.checks(ClientCheck.CAPABILITY)) {
            throw new IllegalStateException("block status of some contexts: the server does not offer it");
        }
        int bits = CommandFlag.bits(flags);
        session.check(Command.BLOCK_STATUS, bits, offset, length);
        if (length == 0 && session.checks(ClientCheck.ZERO_LENGTH)) {
            return List.of();
        }
        List<MetaContext> wanted =
                contexts.stream().distinct().map(this::requireContext).toList();
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("block status of no context");
        }
        ByteBuffer payload = StatusReply.payload(length, wanted);
        var reply = new StatusReply(wanted);
        Request request =
                session.begin(Command.BLOCK_STATUS, bits | CommandFlag.PAYLOAD_LEN.bit(), offset, payload.remaining());
        request.setBuffer(payload);
        request.setStatus(reply, length);
        session.submit(request);
        session.await(request);
        return reply.result();
    }

    private MetaContext requireContext(String context) {
        return export.context(context)
                .orElseThrow(() -> new IllegalArgumentException("context %s was not negotiated; these were: %s"
                        .formatted(
                                Printable.escape(context),
                                export.contexts().stream()
                                        .map(known -> Printable.escape(known.name()))
                                        .toList())));
    }

    /** Asks until the range is covered; see {@link NbdConnection#extents}. */
    List<Extent> extents(String context, long offset, long length) throws IOException {
        MetaContext wanted = requireContext(context);
        session.check(Command.BLOCK_STATUS, 0, offset, length);
        var merger = new ExtentMerger(offset, offset + length);
        for (int asked = 0; asked < NbdConnection.MAXIMUM_EXTENTS && !merger.isDone(); asked++) {
            List<BlockStatus> answers = ask(merger.position(), offset + length - merger.position(), Set.of());
            for (BlockStatus answer : answers) {
                if (answer.context().equals(wanted)) {
                    merger.add(answer.descriptors());
                }
            }
        }
        return merger.extents();
    }
}
