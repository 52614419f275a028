// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.List;
import jdk.jfr.FlightRecorder;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.Printable;
import nbd4j.transport.ServerProcess;
import nbd4j.transport.TcpConnector;
import nbd4j.transport.Transport;
import nbd4j.transport.UnixConnector;
import nbd4j.uri.NbdAddress;

/** Opens the transport to an address. */
final class Connector {
    private Connector() {}

    /**
     * Connects.
     *
     * @throws IllegalArgumentException if Java has no sockets of this kind
     * @throws NbdTimeoutException if the limit is reached
     * @throws NbdDisconnectedException if nobody answers there
     * @throws InterruptedIOException if the thread was interrupted; it still is
     */
    static Transport connect(NbdAddress address, ConnectOptions options) throws IOException {
        return FlightRecorder.isInitialized()
                ? ConnectEvent.record(ConnectEvent.text(address), () -> translate(() -> open(address, options)))
                : translate(() -> open(address, options));
    }

    /** Starts a server and connects to it, with failures as those of {@link #connect}. */
    static Transport start(List<String> server, ConnectOptions options) throws IOException {
        // The program's name only: arguments may hold secrets.
        return FlightRecorder.isInitialized() && !server.isEmpty()
                ? ConnectEvent.record(
                        Printable.escape(server.getFirst()),
                        () -> translate(() -> ServerProcess.connectTo(server, options.connectTimeout())))
                : translate(() -> ServerProcess.connectTo(server, options.connectTimeout()));
    }

    private static Transport open(NbdAddress address, ConnectOptions options) throws IOException {
        // No switch over types: see docs/decisions/launcher.md, "What a start must not touch".
        if (address instanceof NbdAddress.Tcp(String host, int port)) {
            return TcpConnector.connect(host, port, options.connectTimeout(), options.receiveBuffer());
        }
        if (address instanceof NbdAddress.Unix unix) {
            if (unix.isAbstract()) {
                throw unreachable("abstract Unix sockets");
            }
            return UnixConnector.connect(unix.path(), options.connectTimeout());
        }
        throw unreachable("vsock");
    }

    private interface Opening {
        Transport open() throws IOException;
    }

    private static Transport translate(Opening opening) throws IOException {
        try {
            return opening.open();
        } catch (InterruptedIOException e) {
            if (e instanceof SocketTimeoutException) {
                throw new NbdTimeoutException(message(e), e);
            }
            throw e;
        } catch (ClosedByInterruptException e) {
            var interrupted = new InterruptedIOException("interrupted while connecting");
            interrupted.initCause(e);
            throw interrupted;
        } catch (IOException e) {
            throw new NbdDisconnectedException(message(e), e);
        }
    }

    private static String message(IOException e) {
        String message = e.getMessage();
        return message == null ? e.toString() : message;
    }

    private static IllegalArgumentException unreachable(String what) {
        return new IllegalArgumentException(
                "%s cannot be reached from Java; use TCP or a Unix socket in the file system, or let socat pass it on"
                        .formatted(what));
    }
}
