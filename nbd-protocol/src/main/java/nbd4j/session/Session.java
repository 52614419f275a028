// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import nbd4j.model.ClientCheck;
import nbd4j.model.Export;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.ReplyStyle;
import nbd4j.transport.Transport;
import nbd4j.wire.Command;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transmission phase on one transport: requests out, replies in, any number of callers.
 *
 * <p>A caller takes a {@link Request} from {@link #begin}, fills it, {@link #submit}s it and {@link #await}s it. With
 * threads of its own the session writes and reads on two virtual threads, and callers only park: interrupting one, or
 * its timeout, harms nobody else. Without, the caller writes, and the first caller that waits reads for all, until its
 * own reply has come; it then wakes the next.
 *
 * <p>The first failure is kept. It closes the transport and is given to every request in flight and to every later one.
 * Requests are failed only when neither sender nor receiver is at work, so that nobody touches a caller's buffer after
 * the caller has got the exception.
 */
public final class Session {
    private static final Logger LOGGER = LoggerFactory.getLogger(Session.class);

    /**
     * How long to wait for a slot before looking whether the session has ended: those who hold the slots give them back
     * when they await their replies, which they may never do.
     */
    private static final long LOOK_NANOS = 500_000_000L;

    private final Transport transport;
    private final String name;
    private final SessionOptions options;
    private final CommandRules rules;
    private final InFlight inFlight;
    private final Sender sender;
    private final Reading reading;
    private final Counters counters = new Counters();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Closing closing;
    private final Wording wording;
    private final Waiting waiting;
    private final @Nullable Thread senderThread;

    /** Set when the server said it is shutting down; nothing new is sent after that. */
    private volatile boolean draining;

    /** Set when the client is done; how the server ends its side is of no interest after that. */
    private volatile boolean disconnected;

    private Session(Transport transport, Export export, String name, SessionOptions options) {
        this.transport = transport;
        this.name = name;
        this.options = options;
        rules = new CommandRules(export, options.checks());
        inFlight = new InFlight(options.maximumRequests());
        var trace = new WireTrace(name);
        sender = new Sender(transport, export.replyStyle() == ReplyStyle.EXTENDED, counters, trace, inFlight::release);
        var receiver = new Receiver(
                new Inbox(transport, counters),
                export.replyStyle(),
                export.size(),
                inFlight,
                counters,
                trace,
                this::complete);
        reading = new Reading(this, receiver, inFlight, !options.ownThreads());
        wording = new Wording(name);
        waiting = new Waiting(this, reading, inFlight, wording, name, options);
        closing = new Closing(this, transport, options);
        senderThread =
                options.ownThreads() ? Thread.ofVirtual().name("nbd-sender").unstarted(this::sendAll) : null;
    }

    /**
     * Starts the transmission phase. The session closes the transport when it ends.
     *
     * @param name the server and export for messages, safe to show
     */
    public static Session start(Transport transport, Export export, String name, SessionOptions options) {
        var session = new Session(transport, export, name, options);
        if (session.senderThread != null) {
            session.senderThread.start();
            Thread.ofVirtual().name("nbd-receiver").start(session.reading::readToEnd);
        }
        Silence.watch(session, session.inFlight, session.counters, transport, options);
        return session;
    }

    /** Returns what went over the wire so far. */
    public Counters counters() {
        return counters;
    }

    /** Returns how many requests are in flight. */
    public int inFlight() {
        return inFlight.count();
    }

    /** Returns whether requests are taken. */
    public boolean isOpen() {
        return failure.get() == null && !draining && !closing.hasBegun();
    }

    boolean hasFailed() {
        return failure.get() != null;
    }

    /**
     * Refuses a command that may not be sent.
     *
     * @throws IllegalArgumentException if the range or a flag is not legal
     * @throws IllegalStateException if the export does not take the command
     */
    public void check(Command command, int flags, long offset, long length) {
        rules.check(command, flags, offset, length);
    }

    /** Returns whether one of the rules is to be checked. */
    public boolean checks(ClientCheck check) {
        return rules.checks(check);
    }

    // Requests.

    /** Waits for a free slot and returns its request, which must then be submitted or {@link #cancel}led. */
    public Request begin(Command command, int flags, long offset, long length) throws IOException {
        requireOpen(command, offset, length);
        Request request;
        try {
            request = acquire(command, offset, length);
        } catch (InterruptedException e) {
            throw wording.interrupted(command, offset, length);
        }
        if (request == null) {
            throw new NbdTimeoutException("%s was not sent: %d requests were in flight, as many as allowed, for %d ms"
                    .formatted(
                            wording.describe(command, offset, length),
                            options.maximumRequests(),
                            options.requestTimeout().toMillis()));
        }
        return prepare(request, command, flags, offset, length);
    }

    /** Waits for a free slot; returns null if the limit of a request comes first. */
    private @Nullable Request acquire(Command command, long offset, long length)
            throws IOException, InterruptedException {
        long limit = options.requestTimeout().toNanos();
        for (long left = limit == 0 ? Long.MAX_VALUE : limit; left > 0; left -= LOOK_NANOS) {
            Request request = inFlight.acquire(Math.min(left, LOOK_NANOS));
            if (request != null) {
                return request;
            }
            requireOpen(command, offset, length);
        }
        return null;
    }

    /** Returns the request of a free slot, or null if all slots are taken. */
    public @Nullable Request tryBegin(Command command, int flags, long offset, long length) throws IOException {
        requireOpen(command, offset, length);
        Request request = inFlight.tryAcquire();
        return request == null ? null : prepare(request, command, flags, offset, length);
    }

    private Request prepare(Request request, Command command, int flags, long offset, long length) throws IOException {
        request.command = command;
        request.flags = flags;
        request.offset = offset;
        request.length = length;
        if (command == Command.READ) {
            request.coverage.begin(Math.toIntExact(length));
        }
        try {
            requireOpen(command, offset, length);
        } catch (IOException e) {
            inFlight.release(request);
            throw e;
        }
        return request;
    }

    private void requireOpen(Command command, long offset, long length) throws IOException {
        Throwable cause = failure.get();
        if (cause != null) {
            throw wording.failed(wording.describe(command, offset, length), cause);
        }
        if (draining) {
            throw new NbdDisconnectedException(
                    wording.describe(command, offset, length) + " was not sent: the server is shutting down");
        }
        if (closing.hasBegun()) {
            throw new NbdDisconnectedException(
                    wording.describe(command, offset, length) + " was not sent: the connection was closed");
        }
        // An interrupt inside channel I/O would close the channel, so it is found before.
        if (Thread.currentThread().isInterrupted()) {
            throw wording.interrupted(command, offset, length);
        }
    }

    /** Gives back a request that was not submitted. */
    public void cancel(Request request) {
        inFlight.release(request);
    }

    /** Sends a request. After this it must be awaited. */
    public void submit(Request request) {
        request.submittedNanos = System.nanoTime();
        request.setWaiter(Thread.currentThread());
        boolean first = sender.push(request);
        if (failure.get() != null) {
            failAll();
        } else if (senderThread == null) {
            drain();
        } else if (first) {
            LockSupport.unpark(senderThread);
        }
    }

    /** Sends what others have queued, if there is any. */
    void sendQueued() {
        if (sender.hasWork()) {
            drain();
        }
    }

    private void drain() {
        try {
            sender.drain();
        } catch (Throwable e) {
            // Also of an error: those who wait would wait for ever.
            fail(e);
        }
    }

    /**
     * Waits for the reply and frees the request, which must not be touched after that.
     *
     * @throws NbdCommandException if the server answers with an error
     * @throws NbdException if the session failed
     * @throws InterruptedIOException if the caller was interrupted; the request was given up, and whether the server
     *     carried it out is not known
     */
    public void await(Request request) throws IOException {
        waiting.await(request);
    }

    /** Returns whether {@link #await} would not wait. */
    public boolean isDone(Request request) {
        return request.isComplete();
    }

    /**
     * Waits until something is so that comes with replies to requests of the calling thread, or the thread is
     * interrupted, or a request is late.
     *
     * @param request one of the requests; a wait for any of them is a wait for this one as far as others are concerned
     */
    public void awaitAny(Request request, BooleanSupplier done) {
        waiting.awaitAny(request, done);
    }

    private void complete(Request request) {
        if (request.shutsDown && !draining) {
            draining = true;
            LOGGER.debug("{}: the server is shutting down", name);
            closing.beginInBackground();
        }
        if (request.complete()) {
            inFlight.release(request);
        }
    }

    // Threads of the session's own.

    private void sendAll() {
        while (failure.get() == null) {
            if (sender.hasWork()) {
                drain();
            } else {
                LockSupport.park(this);
            }
        }
    }

    // The end.

    /** Ends the session in order; see {@link Closing}. Idempotent, bounded, any thread. */
    public void close() {
        closing.close();
    }

    /** Ends the session at once: what is in flight fails, nothing is sent. Idempotent, any thread. */
    public void abort() {
        fail(new NbdDisconnectedException("the connection was aborted"));
    }

    /** Keeps the first failure, closes the transport and fails all requests. */
    void fail(Throwable cause) {
        if (!failure.compareAndSet(null, disconnected ? Closing.closed() : cause)) {
            return;
        }
        transport.close();
        closing.ended();
        if (senderThread != null) {
            LockSupport.unpark(senderThread);
        }
        if (closing.hasBegun() || cause instanceof NbdDisconnectedException) {
            LOGGER.debug("{}: closed: {}", name, cause.getMessage());
        } else {
            LOGGER.debug("{}: failed", name, cause);
        }
        Thread.ofVirtual().name("nbd-failing").start(this::failAll);
    }

    /** Gives the failure to every request in flight, once neither sender nor receiver is at work. */
    private void failAll() {
        Throwable cause = failure.get();
        if (cause == null) {
            return;
        }
        reading.whenStopped(() -> sender.stop(() -> {
            for (int slot = 0; slot < inFlight.capacity(); slot++) {
                Request request = inFlight.inSlot(slot);
                if (request != null && request.fail(cause)) {
                    inFlight.release(request);
                }
            }
        }));
    }

    InFlight requests() {
        return inFlight;
    }

    /** Sends DISC; the closing thread only. */
    void sendDisconnect() throws IOException {
        disconnected = true;
        sender.disconnect(0);
    }

    /** Reads to the end of the stream, throwing away what comes; the closing thread only. */
    void readToEnd() {
        if (senderThread == null) {
            reading.readToEnd();
        }
    }
}
