// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nbd4j.server.net.CutWire;
import nbd4j.server.net.PlainWire;
import nbd4j.server.net.Sockets;
import nbd4j.server.net.Wire;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client, from accept to close. Runs on a virtual thread of its own; others only end it. */
final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final int number;
    private final SocketChannel channel;
    private final Shared shared;
    private final CountDownLatch doomed = new CountDownLatch(1);
    private volatile @Nullable Transmission transmission; // set once by the connection's thread

    Connection(int number, SocketChannel channel, Shared shared) {
        this.number = number;
        this.channel = channel;
        this.shared = shared;
    }

    int number() {
        return number;
    }

    void run() {
        try (Wire wire = wire()) {
            LOG.debug("connection {} from {}", number, channel.getRemoteAddress());
            if (!doomed.await(shared.options().openDelay().toNanos(), TimeUnit.NANOSECONDS)) {
                serve(wire);
            }
            LOG.debug("connection {} ended", number);
        } catch (IOException | RuntimeException failure) {
            LOG.debug("connection {} ended: {}", number, failure.toString(), failure);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            Sockets.close(channel);
        }
    }

    private Wire wire() throws IOException {
        long cutAfter = shared.faults().cutAfter();
        var plain = new PlainWire(channel);
        return cutAfter == Long.MAX_VALUE ? plain : new CutWire(plain, cutAfter);
    }

    private void serve(Wire wire) throws IOException {
        var session = new Handshake(shared.options(), shared.exports(), wire).run();
        if (session == null) {
            return;
        }
        LOG.debug(
                "connection {} uses \"{}\", {} replies",
                number,
                session.export().options().name(),
                session.style());
        var started = new Transmission(number, session, shared);
        transmission = started;
        started.run();
    }

    /** Returns whether it is in the handshake or has no request at work. */
    boolean idle() {
        var started = transmission;
        return started == null || started.idle();
    }

    /** Hangs up at once. */
    void close() {
        doomed.countDown();
        Sockets.close(channel);
    }
}
