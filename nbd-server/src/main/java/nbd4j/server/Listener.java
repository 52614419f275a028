// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import nbd4j.server.net.Sockets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts clients at one address, on a virtual thread of its own, until it is closed. */
final class Listener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 1024;
    private static final long RETRY_NANOS = 10_000_000;

    private final ServerSocketChannel channel;
    private final @Nullable Path path;
    /** Nobody accepts any more: only then has the system given the address free. */
    private final CountDownLatch ended = new CountDownLatch(1);

    private Listener(ServerSocketChannel channel, @Nullable Path path) {
        this.channel = channel;
        this.path = path;
    }

    static Listener tcp(InetSocketAddress address) throws IOException {
        var channel = ServerSocketChannel.open();
        try {
            return new Listener(channel.bind(address, BACKLOG), null);
        } catch (IOException | RuntimeException failed) {
            Sockets.close(channel);
            throw new IOException("cannot listen on " + address + ": " + failed.getMessage(), failed);
        }
    }

    static Listener unix(Path path) throws IOException {
        var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            return new Listener(channel.bind(UnixDomainSocketAddress.of(path), BACKLOG), path);
        } catch (IOException | RuntimeException failed) {
            Sockets.close(channel);
            throw new IOException("cannot make the Unix socket " + path + ": " + failed.getMessage(), failed);
        }
    }

    int port() throws IOException {
        return channel.getLocalAddress() instanceof InetSocketAddress address ? address.getPort() : -1;
    }

    void start(Consumer<SocketChannel> clients) {
        Thread.ofVirtual().name("nbd-server-accept").start(() -> {
            while (channel.isOpen()) {
                try {
                    clients.accept(channel.accept());
                } catch (IOException failed) {
                    if (channel.isOpen()) {
                        // Out of file descriptors, or a client that left already: the next one may fare better.
                        LOG.warn("accepting a client failed: {}", failed.toString());
                        LockSupport.parkNanos(RETRY_NANOS);
                    }
                }
            }
            ended.countDown();
        });
    }

    /** Waits, after {@link #close}, until the address can be listened on again; gives up after a while. */
    void awaitEnd(Duration limit) throws InterruptedException {
        if (!ended.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            LOG.warn("the address of {} is still taken {} after it was closed", channel, limit);
        }
    }

    @Override
    public void close() {
        Sockets.close(channel);
        if (path != null) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException failed) {
                LOG.warn("the Unix socket {} stays behind: {}", path, failed.toString());
            }
        }
    }
}
