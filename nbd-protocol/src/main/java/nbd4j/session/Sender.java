// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.transport.Transport;
import nbd4j.wire.Command;
import nbd4j.wire.RequestHeader;
import org.jspecify.annotations.Nullable;

/**
 * Writes requests, several in one write where several wait.
 *
 * <p>Any thread pushes. One thread at a time writes, under {@code lock}: the session's own, or whichever caller comes
 * first; it writes what others have pushed meanwhile. The lock is held over a write to the wire, never over a wait for a
 * reply.
 */
final class Sender {
    /** Most requests in one write; headers beyond that would need a larger buffer for no gain. */
    private static final int BATCH = 64;

    private final Transport transport;
    private final boolean extended;
    private final Counters counters;
    private final WireTrace trace;
    private final Releaser releaser;
    private final ReentrantLock lock = new ReentrantLock();
    /** What is to be sent, newest first. */
    private final AtomicReference<@Nullable Request> pushed = new AtomicReference<>();

    // Guarded by lock.
    private final ByteBuffer headers = ByteBuffer.allocateDirect(BATCH * RequestHeader.EXTENDED_BYTES);
    private final ByteBuffer[] headerViews = new ByteBuffer[BATCH];
    private ByteBuffer[] out = new ByteBuffer[2 * BATCH];
    private final Request[] batch = new Request[BATCH];
    /** Taken from {@code pushed} and not yet sent, oldest first. */
    private @Nullable Request taken;

    /** Frees a request whose caller has gone. */
    interface Releaser {
        void release(Request request);
    }

    Sender(Transport transport, boolean extended, Counters counters, WireTrace trace, Releaser releaser) {
        this.transport = transport;
        this.extended = extended;
        this.counters = counters;
        this.trace = trace;
        this.releaser = releaser;
        Arrays.setAll(headerViews, i -> headers.duplicate());
    }

    /** Queues a request; returns whether the queue was empty. */
    boolean push(Request request) {
        while (true) {
            Request head = pushed.get();
            request.next = head;
            if (pushed.compareAndSet(head, request)) {
                return head == null;
            }
        }
    }

    boolean hasWork() {
        return pushed.get() != null;
    }

    /** Writes what is queued, unless another thread is at it, which then does it. */
    void drain() throws IOException {
        while (hasWork() && lock.tryLock()) {
            try {
                writeAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Writes DISC, behind everything that is queued. */
    void disconnect(long cookie) throws IOException {
        lock.lock();
        try {
            writeAll();
            headers.clear();
            putHeader(Command.DISC, 0, cookie, 0, 0);
            trace.sent(Command.DISC, 0, cookie, 0, 0);
            headers.flip();
            counters.sent(headers.remaining());
            transport.write(headers);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a write in progress, which fails soon since the transport is closed, and forgets what is queued. */
    void stop(Runnable whileStopped) {
        lock.lock();
        try {
            taken = null;
            pushed.set(null);
            whileStopped.run();
        } finally {
            lock.unlock();
        }
    }

    private void writeAll() throws IOException {
        while (takeMore()) {
            writeBatch();
        }
    }

    /** Puts what was pushed into the order in which it was pushed. */
    private boolean takeMore() {
        if (taken == null) {
            Request newest = pushed.getAndSet(null);
            while (newest != null) {
                Request older = newest.next;
                newest.next = taken;
                taken = newest;
                newest = older;
            }
        }
        return taken != null;
    }

    private void writeBatch() throws IOException {
        int requests = 0;
        int buffers = 0;
        int headerStart = 0;
        headers.clear();
        for (Request request = taken; request != null && requests < BATCH; request = taken) {
            taken = request.next;
            request.next = null;
            if (!request.beginSending()) {
                releaser.release(request);
                continue;
            }
            putHeader(request.command, request.flags, request.cookie, request.offset, request.length);
            trace.sent(request.command, request.flags, request.cookie, request.offset, request.length);
            batch[requests++] = request;
            if (request.command == Command.WRITE || request.command == Command.BLOCK_STATUS) {
                ByteBuffer[] payload = request.buffers;
                if (payload.length > 0) {
                    room(buffers + 1 + payload.length + BATCH);
                    out[buffers++] = headerView(requests - 1, headerStart);
                    headerStart = headers.position();
                    for (ByteBuffer part : payload) {
                        out[buffers++] = part;
                        counters.payloadSent(part.remaining());
                    }
                }
            }
        }
        if (headers.position() > headerStart) {
            room(buffers + 1);
            out[buffers++] = headerView(BATCH - 1, headerStart);
        }
        send(requests, buffers);
    }

    private void send(int requests, int buffers) throws IOException {
        if (requests == 0) {
            return;
        }
        long bytes = 0;
        for (int i = 0; i < buffers; i++) {
            bytes += out[i].remaining();
        }
        counters.sent(bytes);
        counters.requests(requests);
        if (buffers == 1) {
            transport.write(out[0]);
        } else {
            transport.write(out, buffers);
        }
        for (int i = 0; i < requests; i++) {
            batch[i].endSending();
        }
        Arrays.fill(out, 0, buffers, headers);
    }

    private ByteBuffer headerView(int index, int from) {
        return headerViews[index].limit(headers.position()).position(from);
    }

    private void room(int needed) {
        if (needed > out.length) {
            out = Arrays.copyOf(out, Math.max(needed, 2 * out.length));
        }
    }

    private void putHeader(Command command, int flags, long cookie, long offset, long length) {
        var header = new RequestHeader(flags, command.type(), cookie, offset, length);
        if (extended) {
            header.writeExtendedTo(headers);
        } else {
            header.writeCompactTo(headers);
        }
    }
}
