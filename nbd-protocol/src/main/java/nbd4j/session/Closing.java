// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.transport.Transport;
import nbd4j.transport.Watchdog;

/**
 * The orderly end of a session: no new requests, the replies in flight awaited, DISC, the end of the stream, the server's
 * own end awaited, the transport closed. Each wait is bounded. Some servers abort when a socket goes away under a request,
 * so this is the way out after an error too.
 *
 * <p>It runs once, whoever asks for it and however often; the others wait for it. Where the session has threads of its own
 * it runs on another virtual thread, so that an interrupt of a caller harms no I/O. Where callers touch the channel, the
 * one that closes does it all; if the server shuts down, nobody closes, and it runs on a virtual thread.
 *
 * <p>Source: proto.md, "Terminating the transmission phase".
 */
final class Closing {
    private final Session session;
    private final Transport transport;
    private final Duration limit;
    private final boolean callersRead;
    private final AtomicBoolean begun = new AtomicBoolean();
    /** Counted down when the transport is closed, for whatever reason. */
    private final CountDownLatch end = new CountDownLatch(1);

    Closing(Session session, Transport transport, SessionOptions options) {
        this.session = session;
        this.transport = transport;
        limit = options.closeTimeout();
        callersRead = !options.ownThreads();
    }

    boolean hasBegun() {
        return begun.get();
    }

    /** Tells that the transport is closed. */
    void ended() {
        end.countDown();
    }

    void beginInBackground() {
        if (begun.compareAndSet(false, true)) {
            Thread.ofVirtual().name("nbd-closing").start(this::run);
        }
    }

    /** Closes, and waits for it. An interrupt of the caller closes at once. */
    void close() {
        if (!callersRead) {
            beginInBackground();
        } else if (begun.compareAndSet(false, true)) {
            run();
        }
        try {
            end.await();
        } catch (InterruptedException e) {
            transport.close();
            session.fail(closed());
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        boolean idle = false;
        try {
            idle = session.requests().awaitEmpty(limit.isZero() ? Long.MAX_VALUE : limit.toNanos());
            if (idle && !session.hasFailed()) {
                disconnect();
            }
        } catch (InterruptedException e) {
            // Of a caller, since nobody interrupts the other thread: closing at once is what was promised.
            Thread.currentThread().interrupt();
        } finally {
            session.fail(closed());
            if (idle) {
                session.requests().reopen();
            }
        }
    }

    private void disconnect() {
        try (var watchdog = Watchdog.start(transport, limit)) {
            session.sendDisconnect();
            transport.closeOutput();
            session.readToEnd();
            end.await(limit.isZero() ? Long.MAX_VALUE : limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (IOException e) {
            // The server went first; there is nothing left to close in order.
            session.fail(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static NbdDisconnectedException closed() {
        return new NbdDisconnectedException("the connection was closed");
    }
}
