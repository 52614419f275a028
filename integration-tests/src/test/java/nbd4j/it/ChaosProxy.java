// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between a client, over TCP, and a server with a Unix socket, and passes bytes on until the fate of a connection
 * is fulfilled. Each connection has two virtual threads; {@link #close} ends them all.
 */
final class ChaosProxy implements AutoCloseable {
    private static final int BUFFER = 64 << 10;

    /** What becomes of a connection. */
    enum Kind {
        /** The client gets a TCP reset in the middle of what it receives. */
        RESET,
        /** Both get an orderly end in the middle of what is passed on. */
        CLOSE,
        /** Nothing is passed on any more, in either direction; the connection stays. */
        STALL,
        /** One bit of what the client receives is another. */
        FLIP
    }

    /**
     * When something happens.
     *
     * @param connection counted from 1; 0 means each of the first four
     * @param afterBytes after so many bytes in both directions together
     */
    record Fate(Kind kind, int connection, long afterBytes) {
        private static final int FIRST_CONNECTIONS = 4;

        boolean of(int number) {
            return connection == number || (connection == 0 && number <= FIRST_CONNECTIONS);
        }
    }

    private final ServerSocketChannel listener;
    private final Path server;
    private final List<Fate> fates;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger fired = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);

    ChaosProxy(Path server, Fate... fates) throws IOException {
        this.server = server;
        this.fates = List.of(fates);
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().name("chaos-accept").start(this::accept);
    }

    int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    String uri() throws IOException {
        return "nbd://127.0.0.1:" + port() + "/";
    }

    /** Returns how many fates were fulfilled. */
    int fired() {
        return fired.get();
    }

    int accepted() {
        return accepted.get();
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel client = listener.accept();
                open.add(client);
                relay(client, accepted.incrementAndGet());
            } catch (IOException closing) {
                return;
            }
        }
    }

    /** Hangs up on the client where the server is away. */
    private void relay(SocketChannel client, int number) {
        try {
            SocketChannel there = SocketChannel.open(UnixDomainSocketAddress.of(server));
            open.add(there);
            new Relay(number, client, there).start();
        } catch (IOException away) {
            closeQuietly(client);
        }
    }

    /** One connection. */
    private final class Relay {
        private final int number;
        private final SocketChannel client;
        private final SocketChannel there;
        private final Optional<Fate> fate;
        private final AtomicLong passed = new AtomicLong();
        private final AtomicBoolean fulfilled = new AtomicBoolean();
        /** Written by the thread that fulfils the fate. */
        private volatile boolean stalled;
        /** The client is gone; what the server still says is read to its end. Written likewise. */
        private volatile boolean dropped;

        Relay(int number, SocketChannel client, SocketChannel there) {
            this.number = number;
            this.client = client;
            this.there = there;
            fate = fates.stream().filter(one -> one.of(number)).findFirst();
        }

        void start() {
            Thread.ofVirtual().name("chaos-down-", number).start(() -> pump(there, client));
            Thread.ofVirtual().name("chaos-up-", number).start(() -> pump(client, there));
        }

        private void pump(SocketChannel from, SocketChannel to) {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            try {
                while (from.read(buffer.clear()) >= 0) {
                    buffer.flip();
                    long sum = passed.addAndGet(buffer.remaining());
                    if (fate.isPresent() && sum > fate.get().afterBytes()) {
                        meet(fate.get().kind(), buffer, to);
                    }
                    if (stalled) {
                        closed.await();
                        return;
                    }
                    while (buffer.hasRemaining() && !dropped) {
                        to.write(buffer);
                    }
                }
                to.shutdownOutput();
            } catch (IOException gone) {
                if (!dropped) {
                    closeQuietly(client);
                    closeQuietly(there);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void meet(Kind kind, ByteBuffer buffer, SocketChannel to) throws IOException {
            if ((kind == Kind.FLIP && !to.equals(client)) || !fulfilled.compareAndSet(false, true)) {
                return;
            }
            fired.incrementAndGet();
            switch (kind) {
                case RESET -> {
                    client.setOption(StandardSocketOptions.SO_LINGER, 0);
                    drop();
                }
                case CLOSE -> {
                    to.write(buffer.limit(buffer.limit() / 2));
                    drop();
                }
                case STALL -> stalled = true;
                case FLIP -> {
                    int last = buffer.limit() - 1;
                    buffer.put(last, (byte) (buffer.get(last) ^ 1));
                }
            }
        }

        /** nbdkit 1.32 may abort when a client is gone while it still answers, so it is let finish. */
        private void drop() throws IOException {
            dropped = true;
            client.close();
            there.shutdownOutput();
        }
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no more use either way.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        closed.countDown();
        open.forEach(ChaosProxy::closeQuietly);
    }
}
