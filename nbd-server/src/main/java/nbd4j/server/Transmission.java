// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import nbd4j.server.net.Input;
import nbd4j.server.net.Wire;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the requests of one session.
 *
 * <p>The connection's thread reads them and carries out at once what nothing delays. The rest runs on a virtual thread
 * for each request, as many as {@code inFlight} and {@code memory} let in; they end before {@link #run} returns.
 */
final class Transmission {
    private static final Logger LOG = LoggerFactory.getLogger(Transmission.class);
    /** Longest payload that is read to keep in step with the client; for more the connection is closed. */
    private static final long LONGEST_PAYLOAD = 64 << 20;
    /** Requests at work at once. */
    private static final int MAXIMUM_IN_FLIGHT = 256;
    /** Memory for requests at work at once, in KiB; one request of the greatest size always fits. */
    private static final int MAXIMUM_MEMORY = 128 << 10;
    /** Larger payload buffers are given back at once. */
    private static final int KEPT_PAYLOAD = 2 << 20;

    private static final Duration FINISH_LIMIT = Duration.ofSeconds(5);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final int number;
    private final Shared shared;
    private final String exportName;
    private final Wire wire;
    private final Input input;
    private final ReplyStyle style;
    private final CommandRunner runner;
    private final Outbox outbox;
    private final ReplyHold hold;
    private final Semaphore inFlight = new Semaphore(MAXIMUM_IN_FLIGHT);
    private final Semaphore memory = new Semaphore(MAXIMUM_MEMORY);
    private final CountDownLatch ended = new CountDownLatch(1);
    private ByteBuffer payloads = NOTHING; // reading thread only

    Transmission(int number, Session session, Shared shared) {
        this.number = number;
        this.shared = shared;
        exportName = session.export().options().name();
        wire = session.wire();
        input = session.input();
        style = session.style();
        runner = new CommandRunner(session);
        outbox = new Outbox(wire);
        hold = new ReplyHold(outbox, ended);
    }

    /** Serves until DISC or the end of the client's bytes. */
    void run() throws IOException {
        try {
            while (readRequest()) {
                // Each round serves one request.
            }
        } finally {
            ended.countDown();
            finish();
        }
    }

    /** Lets the requests at work end; those that a fault delays do so when the session has ended. */
    private void finish() {
        boolean interrupted = false;
        try {
            if (inFlight.tryAcquire(MAXIMUM_IN_FLIGHT, FINISH_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
                inFlight.release(MAXIMUM_IN_FLIGHT);
            } else {
                LOG.debug("connection {}: requests still at work after {}", number, FINISH_LIMIT);
            }
        } catch (InterruptedException stop) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean readRequest() throws IOException {
        int header = style.requestHeader();
        if (!input.has(header)) {
            outbox.flush();
            if (!input.await(header)) {
                return false;
            }
        }
        var request = Request.readFrom(input.buffer(), style);
        var entry = shared.log().received(number, exportName, request);
        if (request.is(Command.DISC)) {
            outbox.flush();
            finish();
            return false;
        }
        long length = request.payloadLength(style);
        if (length < 0 || length > LONGEST_PAYLOAD) {
            throw new IOException("request " + request.type() + " with a payload of " + Long.toUnsignedString(length)
                    + " bytes, allowed are " + LONGEST_PAYLOAD);
        }
        if (style == ReplyStyle.EXTENDED && request.is(Command.WRITE) && !request.has(Command.PAYLOAD_LEN)) {
            throw new IOException("extended WRITE without PAYLOAD_LEN: whether a payload follows is unknown");
        }
        serve(request, entry, (int) length);
        return true;
    }

    private void serve(Request request, RequestLog.@Nullable Entry entry, int payloadLength) throws IOException {
        var decision = shared.faults().decide(number, exportName, request);
        if (shared.stopping()) {
            input.skip(payloadLength);
            answerNow(request, entry, ErrorCode.ESHUTDOWN.number(), "the server is stopping");
        } else if (payloadLength > runner.longestPayload()) {
            input.skip(payloadLength);
            answerNow(
                    request,
                    entry,
                    ErrorCode.EINVAL.number(),
                    "payload of " + payloadLength + " bytes, allowed are " + runner.longestPayload());
        } else if (decision == null && !runner.mayBlock(request)) {
            var payload = payload(payloadLength);
            var out = outbox.room(runner.room(request));
            int error = runner.run(request, payload, out);
            shared.log().replied(entry, error);
            if (payloads.capacity() > KEPT_PAYLOAD) {
                payloads = NOTHING;
            }
        } else {
            outbox.flush();
            var copy = payloadLength == 0 ? NOTHING : ByteBuffer.allocate(payloadLength);
            input.readFully(copy);
            start(request, entry, copy.flip(), decision == null ? Decision.NONE : decision);
        }
    }

    private void answerNow(Request request, RequestLog.@Nullable Entry entry, int error, String message)
            throws IOException {
        runner.refuse(request, error, message, outbox.room(Replies.ROOM));
        shared.log().replied(entry, error);
    }

    /** Returns the payload, in place if it was read ahead; valid until the next read. */
    private ByteBuffer payload(int length) throws IOException {
        if (length == 0) {
            return NOTHING;
        }
        if (input.has(length)) {
            var buffer = input.buffer();
            var inPlace = buffer.slice(buffer.position(), length);
            buffer.position(buffer.position() + length);
            return inPlace;
        }
        outbox.flush();
        if (payloads.capacity() < length) {
            payloads = ByteBuffer.allocateDirect(Math.max(length, Input.READ_AHEAD));
        }
        input.readFully(payloads.clear().limit(length));
        return payloads.flip();
    }

    private void start(Request request, RequestLog.@Nullable Entry entry, ByteBuffer payload, Decision decision)
            throws IOException {
        switch (decision.effect()) {
            case Fault.Stall ignored -> {
                return;
            }
            case Fault.Drop drop -> {
                end(drop.ending());
                throw new IOException("dropped on demand at request " + request);
            }
            default -> {}
        }
        int room = runner.room(request);
        int kibibytes = Math.min(MAXIMUM_MEMORY, ((room + payload.capacity()) >> 10) + 1);
        inFlight.acquireUninterruptibly();
        memory.acquireUninterruptibly(kibibytes);
        Thread.ofVirtual().name("nbd-server-" + number + "-request").start(() -> {
            try {
                work(request, entry, payload, decision, room);
            } catch (IOException lost) {
                LOG.debug("connection {}: reply not sent", number, lost);
                wire.close();
            } finally {
                memory.release(kibibytes);
                inFlight.release();
            }
        });
    }

    private void work(
            Request request, RequestLog.@Nullable Entry entry, ByteBuffer payload, Decision decision, int room)
            throws IOException {
        try {
            if (decision.delay().isPositive() && ended.await(decision.delay().toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return;
        }
        var out = ByteBuffer.allocate(room);
        int error;
        if (decision.effect() instanceof Fault.Fail fail) {
            error = fail.error();
            runner.refuse(request, error, fail.message(), out);
        } else {
            error = runner.run(request, payload, out);
        }
        out.flip();
        shared.log().replied(entry, error);
        switch (decision.effect()) {
            case Fault.Cut cut ->
                outbox.sendLast(out.limit(Math.min(out.limit(), cut.bytes())), () -> end(cut.ending()));
            case Fault.Hold held -> hold.add(out, held);
            default -> outbox.send(out);
        }
    }

    private void end(Fault.Ending ending) {
        if (ending == Fault.Ending.RESET) {
            wire.reset();
        } else {
            wire.close();
        }
    }

    /** Returns whether no request is at work. */
    boolean idle() {
        return inFlight.availablePermits() == MAXIMUM_IN_FLIGHT;
    }
}
