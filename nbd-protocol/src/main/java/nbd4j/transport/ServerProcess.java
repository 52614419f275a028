// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An NBD server that runs as a child of this JVM, listening on a Unix socket that was handed down to it by systemd's
 * socket activation, as {@code nbdkit}, {@code qemu-nbd} and {@code qemu-storage-daemon} understand it.
 *
 * <p>Any number of connections may be made, by any thread, as far as the server takes them. Closing ends the child: it
 * is asked to terminate and, if it does not, killed. The child does not outlive this JVM either, unless the JVM is killed.
 */
public final class ServerProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);

    /** How long a server may take to flush and terminate. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How long a server may take from closing its connections to its exit. */
    private static final Duration EXIT = Duration.ofSeconds(1);

    private final String program;
    private final Process process;
    private final Path socket;
    private final OutputTail output;
    private final Thread hook;
    private final AtomicBoolean closed = new AtomicBoolean();

    private ServerProcess(String program, Process process, Path socket, OutputTail output) {
        this.program = program;
        this.process = process;
        this.socket = socket;
        this.output = output;
        this.hook = new Thread(this::closeNow, "nbd-server-end");
    }

    /**
     * Starts a server.
     *
     * @param command program and arguments; searched on the {@code PATH}
     * @throws IOException if it cannot be started, or if neither Perl nor Python is there to hand it the socket
     */
    public static ServerProcess start(List<String> command) throws IOException {
        return start(command, SocketActivation.INTERPRETERS);
    }

    static ServerProcess start(List<String> command, List<SocketActivation.Interpreter> interpreters)
            throws IOException {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("the command of the server is empty");
        }
        // Nobody else may enter the directory, so nobody else may connect.
        Path directory = Files.createTempDirectory("nbd4j-");
        Path socket = directory.resolve("socket");
        String program = PeerText.path(command.getFirst());
        try {
            Process process = SocketActivation.start(command, socket, interpreters);
            var server = new ServerProcess(program, process, socket, OutputTail.of(process, program));
            Runtime.getRuntime().addShutdownHook(server.hook);
            LOG.debug("server {} runs as process {} on {}", program, process.pid(), socket);
            return server;
        } catch (IOException e) {
            delete(socket);
            throw e;
        }
    }

    /**
     * Connects to the server.
     *
     * @param limit zero for none
     * @throws IOException if the server is gone or does not answer; the message has the end of its output
     */
    public Transport connect(Duration limit) throws IOException {
        try {
            return new ChildTransport(UnixConnector.connect(socket.toString(), limit), this, false);
        } catch (IOException e) {
            throw failedExit(e).orElse(e);
        }
    }

    /**
     * Starts a server for one connection.
     *
     * @return a transport that ends the server when it is closed
     * @throws IOException if the server cannot be started or connected
     */
    public static Transport connectTo(List<String> command, Duration limit) throws IOException {
        ServerProcess server = start(command);
        try {
            return new ChildTransport(UnixConnector.connect(server.socket.toString(), limit), server, true);
        } catch (IOException e) {
            IOException failure = server.failedExit(e).orElse(e);
            server.close();
            throw failure;
        }
    }

    /** Returns the socket that the server listens on. */
    public Path socket() {
        return socket;
    }

    /** Returns the name of the program, safe to show. */
    String program() {
        return program;
    }

    /** Returns how the server failed, if that is why its connection did, after waiting for its exit for a moment. */
    public Optional<IOException> failedExit(IOException failure) {
        try {
            if (process.waitFor(EXIT.toMillis(), TimeUnit.MILLISECONDS) && process.exitValue() != 0) {
                var exit = new IOException("the server %s exited with status %d%s"
                        .formatted(program, process.exitValue(), output.quoted()));
                exit.initCause(failure);
                return Optional.of(exit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    /** Ends the server and waits for its exit, a few seconds at most. Idempotent. */
    @Override
    public void close() {
        close(PATIENCE);
    }

    /** Ends the server and waits for its exit; kills it after the time given. Idempotent. */
    public void close(Duration patience) {
        if (closeFirst()) {
            awaitExit(patience);
        }
    }

    /** Ends the server without waiting for its exit. */
    void closeSoon() {
        if (closeFirst()) {
            Thread.ofVirtual().name("nbd-server-end").start(() -> awaitExit(PATIENCE));
        }
    }

    private boolean closeFirst() {
        boolean first = closed.compareAndSet(false, true);
        if (first) {
            delete(socket);
            process.destroy();
        }
        return first;
    }

    private void awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("server {} did not terminate within {} s and is killed", program, patience.toSeconds());
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM ends, and the hook runs.
            LOG.trace("server {} ends with the JVM", program);
        }
    }

    /** At the end of the JVM there is no time to be patient. */
    private void closeNow() {
        closeFirst();
        process.destroyForcibly();
    }

    private static void delete(Path socket) {
        try {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(socket.getParent());
        } catch (IOException e) {
            LOG.warn("the directory of {} cannot be removed", socket, e);
        }
    }
}
