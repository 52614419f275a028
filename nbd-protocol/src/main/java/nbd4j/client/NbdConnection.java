// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockStatus;
import nbd4j.model.ClientCheck;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.Extent;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdException;
import nbd4j.model.Printable;
import nbd4j.model.ReadChunk;
import nbd4j.model.ReplyStyle;
import nbd4j.session.Counters;
import nbd4j.session.Request;
import nbd4j.session.Session;
import nbd4j.session.SessionOptions;
import nbd4j.transport.Transport;
import nbd4j.wire.Command;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one export: reads, writes and the rest, blocking.
 *
 * <p>Any number of threads, virtual ones for choice, may call at once. Their requests are in flight together, at most
 * {@link ConnectOptions#maximumRequests}; the server answers in any order. There is no order between requests that are in
 * flight together: who needs one waits for the first before making the second. {@link #flush} makes durable what was
 * answered before it was called.
 *
 * <p>Offsets and lengths are in bytes. Ranges must lie inside the export and be multiples of its minimum block size; a
 * read or write longer than the server's maximum payload is split here. A request of no bytes succeeds at once.
 *
 * <p>Every call may throw:
 *
 * <ul>
 *   <li>{@link IllegalArgumentException}, {@link IllegalStateException}: the request is one that may not be sent, see
 *       {@link ClientCheck}; nothing was sent.
 *   <li>{@link NbdCommandException}: the server answered with an error; the connection is good.
 *   <li>another {@link NbdException}: the connection is gone, or the request took too long.
 *   <li>{@link InterruptedIOException}: the caller was interrupted; the interrupt flag is set. The request may or may not
 *       have been carried out. With {@link ChannelThreads#OWN} the connection is not affected; with
 *       {@link ChannelThreads#CALLERS} an interrupt may close it.
 * </ul>
 *
 * <p>Buffers belong to the caller again when the call returns or throws, and are not touched after that. After success
 * the position is at the limit; after a failure position and contents (of a read) are undefined. The limit is as it was.
 *
 * <p>Examples are in the {@linkplain nbd4j.client package's description}. Source: proto.md, "Transmission".
 */
public final class NbdConnection implements AutoCloseable {
    /** Most extents that {@link #extents} returns, and most requests it makes, so that no server can fill the heap. */
    public static final int MAXIMUM_EXTENTS = 1 << 20;

    /**
     * Longest range of a command without payload in one compact request, a multiple of any minimum block. nbd-server
     * takes lengths for signed: asked for more, it says that it wrote zeroes, and did not.
     */
    static final long LONGEST_COMPACT = 0x7FFF_0000L;

    private final Export export;
    private final String name;
    private final Session session;
    private final Transport transport;
    private final boolean extended;
    private final Transfers transfers;
    private final StatusQuestions status;

    private NbdConnection(Transport transport, Export export, String name, Session session) {
        this.transport = transport;
        this.export = export;
        this.name = name;
        this.session = session;
        extended = export.replyStyle() == ReplyStyle.EXTENDED;
        transfers = new Transfers(session, export);
        status = new StatusQuestions(session, export);
    }

    /** Starts the transmission phase behind a finished handshake; the connection owns the transport from here. */
    static NbdConnection start(Transport transport, Export export, ConnectOptions options) {
        String name = (export.name().isEmpty() ? "" : Printable.escape(export.name()) + " at ") + transport.peer();
        var sessionOptions = new SessionOptions(
                options.silenceTimeout(),
                options.requestTimeout(),
                options.closeTimeout(),
                options.threads() == ChannelThreads.OWN,
                options.checks(),
                options.maximumRequests());
        return new NbdConnection(transport, export, name, Session.start(transport, export, name, sessionOptions));
    }

    /** Returns what this is connected to. */
    public Export export() {
        return export;
    }

    /** Returns the server for people, without secrets and safe to show: {@code host:port}, or a socket's path. */
    public String peer() {
        return transport.peer();
    }

    // Reading and writing.

    /** Reads into what remains of a buffer. */
    public void read(long offset, ByteBuffer into) throws IOException {
        read(offset, into, Set.of());
    }

    /**
     * Reads into what remains of a buffer.
     *
     * @param flags {@link CommandFlag#DF} or none
     */
    public void read(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        transfers.all(Command.READ, offset, into, flags);
    }

    /**
     * Reads into what remains of some buffers, in their order: the first is filled first.
     *
     * @param flags {@link CommandFlag#DF} or none
     */
    public void read(long offset, ByteBuffer[] into, Set<CommandFlag> flags) throws IOException {
        transfers.all(Command.READ, offset, into, flags);
    }

    /**
     * Reads into what remains of a buffer and tells which parts the server sent as data and which as holes. The holes are
     * filled with zeroes. A server without structured replies sends one part of data.
     *
     * @param flags {@link CommandFlag#DF} to have one part for each request that is sent, or none
     * @return the parts in the order of their offsets; their data are views of {@code into}
     */
    public List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        return transfers.readChunks(offset, into, flags);
    }

    /** Writes what remains of a buffer. */
    public void write(long offset, ByteBuffer from) throws IOException {
        write(offset, from, Set.of());
    }

    /**
     * Writes what remains of a buffer.
     *
     * @param flags {@link CommandFlag#FUA} to have it durable when the call returns, or none
     */
    public void write(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException {
        transfers.all(Command.WRITE, offset, from, flags);
    }

    /**
     * Writes what remains of some buffers, in their order.
     *
     * @param flags {@link CommandFlag#FUA} or none
     */
    public void write(long offset, ByteBuffer[] from, Set<CommandFlag> flags) throws IOException {
        transfers.all(Command.WRITE, offset, from, flags);
    }

    // Requests that are sent now and awaited later.

    /**
     * Sends a read into what remains of a buffer, and does not wait for the reply. See {@link PendingReply}, which says what
     * the caller owes others. Nothing is split: the range must go into one request.
     *
     * @param into at least one byte, at most {@link nbd4j.model.BlockSizes#usablePayload}; the connection's until the reply
     *     was awaited
     * @param flags {@link CommandFlag#DF} or none
     * @return the reply to await, or null if {@link ConnectOptions#maximumRequests} are in flight; nothing was sent then
     * @throws IOException if the connection is gone
     */
    public @Nullable PendingReply submitRead(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        return transfers.submit(Command.READ, flags, offset, into.remaining(), into);
    }

    /**
     * Sends what remains of a buffer to be written, and does not wait for the reply. Blocks while the wire takes no more.
     * Else as {@link #submitRead}.
     *
     * @param flags {@link CommandFlag#FUA} or none
     */
    public @Nullable PendingReply submitWrite(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException {
        return transfers.submit(Command.WRITE, flags, offset, from.remaining(), from);
    }

    /**
     * Asks for a range to be zeroed, and does not wait for the reply. Else as {@link #submitRead}.
     *
     * @param length bytes, from 1 to 2147418112 (2 GiB less 64 KiB), whatever the negotiated replies
     * @param flags as for {@link #writeZeroes}
     */
    public @Nullable PendingReply submitWriteZeroes(long offset, long length, Set<CommandFlag> flags)
            throws IOException {
        return transfers.submit(Command.WRITE_ZEROES, flags, offset, length, null);
    }

    /**
     * Tells the server that a range is not needed, and does not wait for the reply. Else as {@link #submitWriteZeroes}.
     *
     * @param flags as for {@link #trim}
     */
    public @Nullable PendingReply submitTrim(long offset, long length, Set<CommandFlag> flags) throws IOException {
        return transfers.submit(Command.TRIM, flags, offset, length, null);
    }

    /**
     * Waits until one of some requests of the calling thread is answered. {@link PendingReply#isDone} tells which, and each
     * of them is awaited as always. Returns early when the thread is interrupted or the first of them has taken longer
     * than {@link ConnectOptions#requestTimeout}; awaiting that one says so.
     *
     * @param replies at least one, none of them awaited
     */
    public void awaitAny(Collection<PendingReply> replies) {
        PendingReply first = replies.iterator().next();
        session.awaitAny(first.request(), () -> {
            for (PendingReply reply : replies) {
                if (reply.isDone()) {
                    return true;
                }
            }
            return false;
        });
    }

    // Commands without data.

    /**
     * Makes durable every write, trim and zeroing that was answered before this call. With CAN_MULTI_CONN that holds for
     * all connections to the export.
     */
    public void flush() throws IOException {
        session.check(Command.FLUSH, 0, 0, 0);
        call(Command.FLUSH, 0, 0, 0);
    }

    /**
     * Tells the server that a range is not needed. Nothing is known of its contents after that.
     *
     * @param flags {@link CommandFlag#FUA} or none
     */
    public void trim(long offset, long length, Set<CommandFlag> flags) throws IOException {
        range(Command.TRIM, offset, length, CommandFlag.bits(flags));
    }

    /** Asks the server to have a range at hand. It promises nothing. */
    public void cache(long offset, long length) throws IOException {
        range(Command.CACHE, offset, length, 0);
    }

    /**
     * Makes a range read as zeroes. With {@link CommandFlag#FAST_ZERO} the server fails it with
     * {@link nbd4j.model.NbdError#ENOTSUP} rather than be slow; write zeroes then.
     *
     * @param flags any of {@link CommandFlag#FUA}, {@link CommandFlag#NO_HOLE}, {@link CommandFlag#FAST_ZERO}
     */
    public void writeZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException {
        range(Command.WRITE_ZEROES, offset, length, CommandFlag.bits(flags));
    }

    private void range(Command command, long offset, long length, int bits) throws IOException {
        session.check(command, bits, offset, length);
        if (length == 0 && session.checks(ClientCheck.ZERO_LENGTH)) {
            return;
        }
        long longest = extended ? Long.MAX_VALUE : LONGEST_COMPACT;
        long at = offset;
        long left = length;
        do {
            long now = Math.min(left, longest);
            call(command, bits, at, now);
            at += now;
            left -= now;
        } while (left > 0);
    }

    private void call(Command command, int bits, long offset, long length) throws IOException {
        Request request = session.begin(command, bits, offset, length);
        session.submit(request);
        session.await(request);
    }

    // Block status.

    /**
     * Asks once for the status of a range in all negotiated contexts.
     *
     * @param flags {@link CommandFlag#REQ_ONE} or none
     * @return one answer for each context; each may cover less than the range, and the last descriptor more
     */
    public List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags) throws IOException {
        return status.ask(offset, length, flags);
    }

    /**
     * Asks once for the status of a range in some of the negotiated contexts. Only where the server offers it, see
     * {@link nbd4j.model.TransmissionFlags#canBlockStatusPayload}.
     *
     * @param contexts names, at least one, each of them negotiated
     */
    public List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags, Collection<String> contexts)
            throws IOException {
        return status.ask(offset, length, flags, contexts);
    }

    /**
     * Returns the extents of a range in one context. Goes on asking until the range is covered; neighbours of the same
     * status are merged, and the last extent ends with the range.
     *
     * <p>At most {@link #MAXIMUM_EXTENTS} extents are returned and as many requests made. If that does not cover the
     * range, the list ends early; go on from the {@link Extent#end} of its last extent.
     *
     * @param context the name of a negotiated context
     */
    public List<Extent> extents(String context, long offset, long length) throws IOException {
        return status.extents(context, offset, length);
    }

    // The end.

    /** Returns whether the connection takes requests, as far as is known: a server that has gone is noticed by the next. */
    public boolean isOpen() {
        return session.isOpen();
    }

    /** Returns what went over the connection so far. */
    public ConnectionStats stats() {
        Counters counters = session.counters();
        return new ConnectionStats(
                counters.requests(),
                session.inFlight(),
                counters.bytesSent(),
                counters.bytesReceived(),
                counters.payloadSent(),
                counters.payloadReceived(),
                counters.chunks());
    }

    /**
     * Ends the connection in order: takes no new requests, waits for the replies in flight, says goodbye, waits for the
     * server to hang up. Each wait is bounded by {@link ConnectOptions#closeTimeout}. Idempotent; does not flush. An
     * interrupt closes at once.
     */
    @Override
    public void close() {
        session.close();
    }

    /** Ends the connection at once. What is in flight fails; the server is not told. Idempotent. */
    public void abort() {
        session.abort();
    }

    @Override
    public String toString() {
        return name;
    }
}
