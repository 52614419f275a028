// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nbd4j.model.ClientCheck;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.ReadChunk;
import nbd4j.model.ReplyStyle;
import nbd4j.session.Request;
import nbd4j.session.Session;
import nbd4j.wire.Command;
import org.jspecify.annotations.Nullable;

/**
 * The reads and writes of a connection, and all requests that are awaited later: checks them, splits what the server does
 * not take in one request, sends them. Any number of threads enter.
 */
final class Transfers {
    private final Session session;
    private final int maximumPayload;
    private final boolean extended;

    Transfers(Session session, Export export) {
        this.session = session;
        maximumPayload = export.blockSizes().usablePayload();
        extended = export.replyStyle() == ReplyStyle.EXTENDED;
    }

    /** Reads into, or writes from, what remains of a buffer. */
    void all(Command command, long offset, ByteBuffer buffer, Set<CommandFlag> flags) throws IOException {
        int bits = flags.isEmpty() ? 0 : CommandFlag.bits(flags);
        int length = buffer.remaining();
        requireWritable(command, buffer);
        session.check(command, bits, offset, length);
        if (length == 0 && session.checks(ClientCheck.ZERO_LENGTH)) {
            return;
        }
        if (length > maximumPayload && session.checks(ClientCheck.PAYLOAD)) {
            Split.transfer(
                    session, command, wireFlags(command, bits), offset, new ByteBuffer[] {buffer}, maximumPayload);
            return;
        }
        Request request = session.begin(command, wireFlags(command, bits), offset, length);
        request.setBuffer(buffer);
        session.submit(request);
        session.await(request);
        buffer.position(buffer.limit());
    }

    /** Reads into, or writes from, what remains of some buffers. */
    void all(Command command, long offset, ByteBuffer[] buffers, Set<CommandFlag> flags) throws IOException {
        int bits = CommandFlag.bits(flags);
        long length = 0;
        for (ByteBuffer buffer : buffers) {
            requireWritable(command, buffer);
            length += buffer.remaining();
        }
        session.check(command, bits, offset, length);
        if (length == 0 && session.checks(ClientCheck.ZERO_LENGTH)) {
            return;
        }
        int largest = session.checks(ClientCheck.PAYLOAD) ? maximumPayload : Math.toIntExact(length);
        Split.transfer(session, command, wireFlags(command, bits), offset, buffers.clone(), largest);
    }

    /** Reads in one request after the other; see {@link NbdConnection#readChunks}. */
    List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        int bits = CommandFlag.bits(flags);
        requireWritable(Command.READ, into);
        session.check(Command.READ, bits, offset, into.remaining());
        if (!into.hasRemaining() && session.checks(ClientCheck.ZERO_LENGTH)) {
            return List.of();
        }
        List<ReadChunk> chunks = new ArrayList<>();
        long at = offset;
        while (into.hasRemaining()) {
            int length =
                    session.checks(ClientCheck.PAYLOAD) ? Math.min(into.remaining(), maximumPayload) : into.remaining();
            ByteBuffer part = into.duplicate().limit(into.position() + length);
            Request request = session.begin(Command.READ, bits, at, length);
            request.setBuffer(part);
            List<ReadChunk> received = new ArrayList<>();
            request.setChunks(received);
            session.submit(request);
            session.await(request);
            received.sort((a, b) -> Long.compare(a.offset(), b.offset()));
            chunks.addAll(received);
            into.position(into.position() + length);
            at += length;
        }
        return chunks;
    }

    /** Sends a request that is awaited later; see {@link NbdConnection#submitRead}. */
    @Nullable
    PendingReply submit(Command command, Set<CommandFlag> flags, long offset, long length, @Nullable ByteBuffer buffer)
            throws IOException {
        if (buffer != null) {
            requireWritable(command, buffer);
        }
        int bits = flags.isEmpty() ? 0 : CommandFlag.bits(flags);
        session.check(command, bits, offset, length);
        long longest = buffer == null ? NbdConnection.LONGEST_COMPACT : maximumPayload;
        if (length < 1 || length > longest) {
            throw new IllegalArgumentException("%s of %d bytes at %d cannot be awaited later: 1 to %d are allowed"
                    .formatted(command.words(), length, offset, longest));
        }
        Request request = session.tryBegin(command, wireFlags(command, bits), offset, length);
        if (request == null) {
            return null;
        }
        if (buffer != null) {
            request.setBuffer(buffer);
        }
        session.submit(request);
        return new PendingReply(session, request, buffer);
    }

    /** The receiver would find it out, and end the connection for everybody. */
    private static void requireWritable(Command command, ByteBuffer buffer) {
        if (command == Command.READ && buffer.isReadOnly()) {
            throw new IllegalArgumentException("a read into a buffer that is read-only");
        }
    }

    /** With extended headers every write says that its length is that of a payload. */
    private int wireFlags(Command command, int bits) {
        return extended && command == Command.WRITE ? bits | CommandFlag.PAYLOAD_LEN.bit() : bits;
    }
}
