// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** Connects to a Unix domain socket. */
public final class UnixConnector {
    /**
     * Bytes that may be written before the server reads them: a request of a copy, so that writing it does not wait for
     * the server several times. The kernel gives less where net.core.wmem_max is less. 2 GiB from a file: 1.09 instead of
     * 1.20 times nbdcopy.
     */
    private static final int SEND_BUFFER = 1 << 20;

    private UnixConnector() {}

    /**
     * Connects.
     *
     * @param path the socket's file
     * @param limit zero for none; needed since a server whose queue is full makes the caller wait
     * @throws FileNotFoundException if there is no such file
     * @throws SocketTimeoutException if the limit is reached
     * @throws ConnectException if the file is no socket, nobody listens there, or access is denied
     * @throws InterruptedIOException if the thread was interrupted; it still is
     */
    public static SocketTransport connect(String path, Duration limit) throws IOException {
        String peer = PeerText.path(path);
        if (path.startsWith("\0")) {
            throw new ConnectException(
                    "cannot connect to abstract Unix socket %s: Java reaches only sockets in the file system"
                            .formatted(peer));
        }
        UnixDomainSocketAddress address = address(path, peer);
        var transport = new SocketTransport(SocketChannel.open(StandardProtocolFamily.UNIX), peer);
        try (var watchdog = Watchdog.start(transport, limit)) {
            try {
                transport.channel().setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER);
                connect(transport, address);
            } catch (IOException e) {
                if (watchdog.barked()) {
                    throw timeout(peer, limit, e);
                }
                throw describe(peer, address.getPath(), e);
            }
            if (watchdog.barked()) {
                throw timeout(peer, limit, null);
            }
            return transport;
        } catch (IOException | RuntimeException e) {
            transport.close();
            throw e;
        }
    }

    private static UnixDomainSocketAddress address(String path, String peer) throws ConnectException {
        try {
            return UnixDomainSocketAddress.of(Path.of(path));
        } catch (InvalidPathException e) {
            var failure = new ConnectException(
                    "cannot connect to Unix socket %s: this system's character set has no such path".formatted(peer));
            failure.initCause(e);
            throw failure;
        }
    }

    /**
     * Connects on a platform thread: on a virtual one the JDK makes the socket non-blocking, and then Linux refuses
     * with EAGAIN where the server's queue is full instead of waiting for room.
     */
    private static void connect(SocketTransport transport, UnixDomainSocketAddress address) throws IOException {
        if (!Thread.currentThread().isVirtual()) {
            transport.channel().connect(address);
            return;
        }
        var task = new FutureTask<Boolean>(() -> transport.channel().connect(address));
        Thread.ofPlatform().name("nbd-connect").daemon().start(task);
        try {
            task.get();
        } catch (InterruptedException e) {
            transport.close();
            Thread.currentThread().interrupt();
            var failure = new InterruptedIOException("interrupted while connecting to " + transport.peer());
            failure.initCause(e);
            throw failure;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IOException(e.getCause());
        }
    }

    private static IOException timeout(String peer, Duration limit, @Nullable IOException cause) {
        var failure = new SocketTimeoutException(
                "cannot connect to Unix socket %s: no answer within %s".formatted(peer, TcpConnector.seconds(limit)));
        failure.initCause(cause);
        return failure;
    }

    private static IOException describe(String peer, Path path, IOException cause) {
        if (cause instanceof InterruptedIOException || cause instanceof ClosedByInterruptException) {
            return cause;
        }
        String prefix = "cannot connect to Unix socket %s: ".formatted(peer);
        IOException failure;
        if (Files.notExists(path)) {
            failure = new FileNotFoundException(prefix + "no such file");
        } else if (TcpConnector.isRefused(cause)) {
            boolean other = Files.isRegularFile(path) || Files.isDirectory(path);
            failure = new ConnectException(
                    prefix + (other ? "not a socket" : "connection refused, no server listens there"));
        } else {
            failure = new ConnectException(prefix + cause.getMessage());
        }
        failure.initCause(cause);
        return failure;
    }
}
