// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.server.net.Sockets;
import nbd4j.server.net.TimedWire;
import org.jspecify.annotations.Nullable;

/**
 * A server that does exactly what a test tells it, byte by byte, to see how a client takes it.
 *
 * <p>The first client gets the first script, the second the second, and all further ones the last. Each has a platform
 * thread of its own, for its waits would pin a virtual one. When a script has ended without ending the connection, the
 * client's bytes are read to their end. All methods may be called by any thread.
 */
public final class ScriptedServer implements AutoCloseable {
    private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(5);
    /** How much longer than one wait a whole script may take before {@link #await} gives up on it. */
    private static final int WAITS = 6;

    private final ServerSocketChannel channel;
    private final @Nullable Path path;
    private final Duration limit;
    private final List<Script> scripts;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** One for each client in the order of connecting; null while its script runs. Guarded by lock. */
    private final List<@Nullable Transcript> transcripts = new ArrayList<>();

    private ScriptedServer(SocketAddress address, @Nullable Path path, Duration limit, List<Script> scripts)
            throws IOException {
        this.path = path;
        this.limit = limit;
        this.scripts = scripts;
        channel = path == null ? ServerSocketChannel.open() : ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(address);
        } catch (IOException failed) {
            Sockets.close(channel);
            throw new IOException("cannot listen on " + address + ": " + failed.getMessage(), failed);
        }
        Thread.ofPlatform().daemon().name("scripted-server-accept").start(this::accept);
    }

    /**
     * Listens on a free TCP port of the loopback address; each wait ends after 5 seconds.
     *
     * @param scripts at least one
     * @return a server that accepts clients
     * @throws IOException if no port can be had
     */
    public static ScriptedServer start(Script... scripts) throws IOException {
        return start(DEFAULT_LIMIT, scripts);
    }

    /**
     * Listens on a free TCP port of the loopback address.
     *
     * @param limit longest time of one wait for the client
     * @param scripts at least one
     * @return a server that accepts clients
     * @throws IOException if no port can be had
     */
    public static ScriptedServer start(Duration limit, Script... scripts) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return new ScriptedServer(address, null, limit, checked(scripts));
    }

    /**
     * Makes a Unix socket; each wait ends after 5 seconds.
     *
     * @param path where; nothing may be there yet
     * @param scripts at least one
     * @return a server that accepts clients
     * @throws IOException if the socket cannot be made
     */
    public static ScriptedServer startUnix(Path path, Script... scripts) throws IOException {
        return new ScriptedServer(UnixDomainSocketAddress.of(path), path, DEFAULT_LIMIT, checked(scripts));
    }

    private static List<Script> checked(Script... scripts) {
        if (scripts.length == 0) {
            throw new IllegalArgumentException("no script, allowed are 1 and more");
        }
        return List.of(scripts);
    }

    private void accept() {
        while (channel.isOpen()) {
            try {
                var client = channel.accept();
                int number = reserve();
                open.add(client);
                Thread.ofPlatform().daemon().name("scripted-server-" + number).start(() -> run(client, number));
            } catch (IOException closed) {
                Sockets.close(channel);
            }
        }
    }

    private int reserve() {
        lock.lock();
        try {
            transcripts.add(null);
            changed.signalAll();
            return transcripts.size();
        } finally {
            lock.unlock();
        }
    }

    private void run(SocketChannel client, int number) {
        var script = scripts.get(Math.min(number, scripts.size()) - 1);
        Transcript transcript;
        try (var wire = new TimedWire(client, limit)) {
            transcript = play(script, new ScriptedConnection(wire));
        } catch (IOException failed) {
            transcript = new Transcript("", 0, Transcript.Ending.RESET, failed);
        } finally {
            open.remove(client);
        }
        lock.lock();
        try {
            transcripts.set(number - 1, transcript);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("CatchingUnchecked") // A script may throw anything; all of it is told to the test.
    private static Transcript play(Script script, ScriptedConnection connection) {
        try {
            script.run(connection);
            connection.stall();
        } catch (ScriptedConnection.ClientGone end) {
            return connection.transcript(null);
        } catch (Exception | AssertionError failure) {
            return connection.transcript(failure);
        }
        return connection.transcript(null);
    }

    /**
     * Returns where the server is.
     *
     * @return its address, without an export name
     */
    public URI uri() {
        var socket = path;
        return socket == null
                ? URI.create("nbd://127.0.0.1:" + port())
                : URI.create("nbd+unix:///?socket=" + socket.toAbsolutePath());
    }

    /**
     * Returns the TCP port.
     *
     * @return the port that was found
     * @throws IllegalStateException if the server has a Unix socket
     */
    public int port() {
        try {
            if (channel.getLocalAddress() instanceof InetSocketAddress address) {
                return address.getPort();
            }
        } catch (IOException closed) {
            throw new UncheckedIOException("the server is closed", closed);
        }
        throw new IllegalStateException("this server does not listen for TCP");
    }

    /**
     * Returns how many clients have connected.
     *
     * @return 0 and more
     */
    public int acceptedCount() {
        lock.lock();
        try {
            return transcripts.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for the end of one client and of its script.
     *
     * @param connection 1 for the first client
     * @return what the client did; its failure is null
     * @throws AssertionError if the script failed, or did not end in time
     * @throws InterruptedException if the caller is interrupted
     */
    public Transcript await(int connection) throws InterruptedException {
        var transcript = awaitEnd(connection);
        if (transcript.failure() != null) {
            throw new AssertionError(
                    "script " + connection + " failed: " + transcript.failure() + "; the client had sent "
                            + transcript.received(),
                    transcript.failure());
        }
        return transcript;
    }

    /**
     * Waits for the end of one client and of its script, failed or not.
     *
     * @param connection 1 for the first client
     * @return what the client did, and why the script failed if it did
     * @throws AssertionError if the script did not end in time
     * @throws InterruptedException if the caller is interrupted
     */
    public Transcript awaitEnd(int connection) throws InterruptedException {
        long left = limit.multipliedBy(WAITS).toNanos();
        lock.lock();
        try {
            while (true) {
                var transcript = transcripts.size() < connection ? null : transcripts.get(connection - 1);
                if (transcript != null) {
                    return transcript;
                }
                if (left <= 0) {
                    throw new AssertionError("client " + connection + " did not come to an end; " + transcripts.size()
                            + " clients have connected");
                }
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Hangs up on every client and stops listening. */
    @Override
    public void close() {
        Sockets.close(channel);
        open.forEach(Sockets::close);
        if (path != null) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException failed) {
                throw new UncheckedIOException("the Unix socket " + path + " stays behind", failed);
            }
        }
    }
}
