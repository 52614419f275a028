// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import nbd4j.server.net.Sockets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An NBD server in this process.
 *
 * <p>It serves from {@link #start} until {@link #close}. In between it can be stopped or killed and started again, at
 * the same addresses and with the same storages, as often as a test wants. Each client has a virtual thread. All
 * methods may be called by any thread.
 */
public final class NbdServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);
    /** How long the threads of clients that were hung up on may take to notice. */
    private static final Duration END_LIMIT = Duration.ofSeconds(10);
    /** How long requests at work may take to end in {@link #close}. */
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(1);

    private final ServerOptions options;
    private final Shared shared;
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private List<Listener> listeners = List.of(); // guarded by lock
    private List<Listener> formerListeners = List.of(); // guarded by lock; their addresses may still be taken
    private @Nullable InetSocketAddress tcp; // guarded by lock; with the port that was found
    private boolean closed; // guarded by lock

    private NbdServer(ServerOptions options) {
        this.options = options;
        shared = new Shared(
                options,
                exports(options),
                new RequestLog(options.requestLogCapacity()),
                new Faults(),
                new AtomicBoolean());
        tcp = options.tcpOrDefault();
    }

    private static Map<String, Export> exports(ServerOptions options) {
        var exports = new HashMap<String, Export>();
        for (var export : options.exports()) {
            exports.put(export.name(), new Export(export, options.disabled()));
        }
        if (!options.exports().isEmpty()) {
            var first = options.exports().getFirst();
            exports.putIfAbsent("", new Export(first, options.disabled()));
        }
        return Map.copyOf(exports);
    }

    /**
     * Starts a server.
     *
     * @param options what and where
     * @return a server that accepts clients
     * @throws IOException if an address cannot be listened on
     */
    public static NbdServer start(ServerOptions options) throws IOException {
        var server = new NbdServer(options);
        server.restart();
        return server;
    }

    /**
     * Accepts clients again after {@link #stop} or {@link #kill}, at the same addresses. Does nothing if it does so.
     *
     * @throws IOException if an address cannot be listened on
     * @throws IllegalStateException after {@link #close}
     */
    public void restart() throws IOException {
        awaitFormerListeners();
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the server is closed, allowed is to start another");
            }
            if (!listeners.isEmpty()) {
                return;
            }
            var opened = new ArrayList<Listener>();
            try {
                open(opened);
            } catch (IOException failed) {
                opened.forEach(Listener::close);
                throw failed;
            }
            shared.stop().set(false);
            listeners = List.copyOf(opened);
            listeners.forEach(listener -> listener.start(this::accept));
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the system refuses clients: a closed channel takes them as long as a thread is in accept. */
    private void awaitFormerListeners() {
        List<Listener> former;
        lock.lock();
        try {
            former = formerListeners;
        } finally {
            lock.unlock();
        }
        try {
            for (var listener : former) {
                listener.awaitEnd(END_LIMIT);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void open(List<Listener> opened) throws IOException {
        var address = tcp;
        if (address != null) {
            var listener = Listener.tcp(address);
            opened.add(listener);
            tcp = new InetSocketAddress(address.getAddress(), listener.port());
        }
        var path = options.unix();
        if (path != null) {
            opened.add(Listener.unix(path));
        }
    }

    private void accept(SocketChannel channel) {
        Connection connection;
        lock.lock();
        try {
            if (listeners.isEmpty() || connections.size() >= options.maximumConnections()) {
                LOG.debug("client turned away, {} connections are open", connections.size());
                Sockets.close(channel);
                return;
            }
            connection = new Connection(accepted.incrementAndGet(), channel, shared);
            connections.add(connection);
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("nbd-server-" + accepted.get()).start(() -> {
            connection.run();
            ended(connection);
        });
    }

    private void ended(Connection connection) {
        lock.lock();
        try {
            connections.remove(connection);
            changed.signalAll();
            if (options.oneShot() && connections.isEmpty()) {
                stopListening();
            }
        } finally {
            lock.unlock();
        }
    }

    private void stopListening() {
        lock.lock();
        try {
            listeners.forEach(Listener::close);
            formerListeners = listeners.isEmpty() ? formerListeners : listeners;
            listeners = List.of();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns where the default export is.
     *
     * @return a TCP address if the server has one, else that of its Unix socket
     */
    public URI uri() {
        return uri("");
    }

    /**
     * Returns where an export is.
     *
     * @param exportName its name
     * @return a TCP address if the server has one, else that of its Unix socket
     */
    public URI uri(String exportName) {
        return options.tcpOrDefault() == null ? unixUri(exportName) : tcpUri(exportName);
    }

    /**
     * Returns where an export is over TCP.
     *
     * @param exportName its name
     * @return its address
     * @throws IllegalStateException if the server does not listen for TCP
     */
    public URI tcpUri(String exportName) {
        return ServerUris.tcp(address(), exportName, options.tls() != null);
    }

    /**
     * Returns where an export is over the Unix socket.
     *
     * @param exportName its name
     * @return its address
     * @throws IllegalStateException if the server has no Unix socket
     */
    public URI unixUri(String exportName) {
        var path = options.unix();
        if (path == null) {
            throw new IllegalStateException("this server has no Unix socket");
        }
        return ServerUris.unix(path, exportName, options.tls() != null);
    }

    /**
     * Returns the TCP port.
     *
     * @return the port, also the one found for 0
     * @throws IllegalStateException if the server does not listen for TCP
     */
    public int port() {
        return address().getPort();
    }

    private InetSocketAddress address() {
        lock.lock();
        try {
            var address = tcp;
            if (address == null) {
                throw new IllegalStateException("this server does not listen for TCP");
            }
            InetAddress host = address.getAddress();
            return host.isAnyLocalAddress()
                    ? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort())
                    : address;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns what clients asked for.
     *
     * @return the log; empty unless {@link ServerOptions#withRequestLog} was given
     */
    public RequestLog requestLog() {
        return shared.log();
    }

    /**
     * Returns what shall go wrong.
     *
     * @return the faults, none at first
     */
    public Faults faults() {
        return shared.faults();
    }

    /**
     * Returns how many clients are connected.
     *
     * @return 0 and more
     */
    public int connectionCount() {
        return connections.size();
    }

    /**
     * Returns how many clients were served so far, those connected included.
     *
     * @return 0 and more
     */
    public int acceptedCount() {
        return accepted.get();
    }

    /**
     * Waits until no client is connected.
     *
     * @param limit longest wait
     * @return false if the time ran out
     * @throws InterruptedException if the caller is interrupted
     */
    public boolean awaitNoConnections(Duration limit) throws InterruptedException {
        return await(limit, connections::isEmpty);
    }

    /**
     * Waits until the server accepts no more clients and has none, as after {@link #stop} or in one-shot mode.
     *
     * @param limit longest wait
     * @return false if the time ran out
     * @throws InterruptedException if the caller is interrupted
     */
    public boolean awaitStopped(Duration limit) throws InterruptedException {
        boolean stopped = await(limit, () -> listeners.isEmpty() && connections.isEmpty());
        if (stopped) {
            awaitFormerListeners();
        }
        return stopped;
    }

    private boolean await(Duration limit, BooleanSupplier condition) throws InterruptedException {
        long left = limit.toNanos();
        lock.lock();
        try {
            while (!condition.getAsBoolean()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops in good order: accepts no more clients, answers new requests with ESHUTDOWN, lets those at work end, and
     * hangs up when the clients have left or the time has run out.
     *
     * @param grace how long clients may take to leave
     */
    public void stop(Duration grace) {
        shared.stop().set(true);
        stopListening();
        try {
            awaitNoConnections(grace);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        hangUp();
        awaitFormerListeners();
    }

    /**
     * Stops as a crash does: hangs up on every client at once, in the middle of requests and replies, and lets the
     * storages forget what is not durable.
     */
    public void kill() {
        stopListening();
        hangUp();
        awaitFormerListeners();
        options.exports().forEach(export -> export.storage().crash());
    }

    /** Hangs up on one client at once, the oldest, and goes on serving. Does nothing if there is none. */
    public void dropOldestConnection() {
        connections.stream().min(Comparator.comparingInt(Connection::number)).ifPresent(Connection::close);
    }

    private void hangUp() {
        connections.forEach(Connection::close);
        try {
            if (!awaitNoConnections(END_LIMIT)) {
                LOG.warn("{} connections still at work {} after they were closed", connections.size(), END_LIMIT);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Accepts no more clients, lets requests at work end for a second, and hangs up. The storages stay open. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        stopListening();
        try {
            await(CLOSE_GRACE, () -> connections.stream().allMatch(Connection::idle));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        hangUp();
        awaitFormerListeners();
    }
}
