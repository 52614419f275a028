// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.transport.ServerProcess;
import nbd4j.uri.NbdUri;

/**
 * An NBD server that runs as a child of this JVM until it is closed, for callers who connect to it more than once.
 *
 * <p>It is started by systemd's socket activation, as {@link NbdClient#connect(List, String, ConnectOptions)} does for a
 * single connection, and listens on a Unix socket that only this user can reach. Servers that end with their first client,
 * as {@code qemu-nbd} does, have to be told not to. What the server prints is logged at DEBUG; the end of it is in the
 * message of {@link #explained}. Any thread may call.
 */
public final class NbdServerProcess implements AutoCloseable {
    /** qemu-nbd writes the tables of a qcow2 file when it ends. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ServerProcess server;

    private NbdServerProcess(ServerProcess server) {
        this.server = server;
    }

    /**
     * Starts a server. It can be connected at once.
     *
     * @param command program and arguments; searched on the {@code PATH}
     * @throws NbdDisconnectedException if it cannot be started, or if neither Perl nor Python is there to hand it the socket
     */
    public static NbdServerProcess start(List<String> command) throws IOException {
        try {
            return new NbdServerProcess(ServerProcess.start(command));
        } catch (IOException e) {
            throw new NbdDisconnectedException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Returns where its default export is. */
    public NbdUri uri() {
        return NbdUri.unix(server.socket());
    }

    /**
     * Returns why a connection to the server could not be made: the server's own failure if it has exited with one, which
     * is waited for a moment, else what was given.
     */
    public IOException explained(IOException failure) {
        return server.failedExit(failure)
                .<IOException>map(exit -> new NbdDisconnectedException(String.valueOf(exit.getMessage()), failure))
                .orElse(failure);
    }

    /** Asks the server to terminate, waits for it, and kills it if it does not. */
    @Override
    public void close() {
        server.close(PATIENCE);
    }
}
