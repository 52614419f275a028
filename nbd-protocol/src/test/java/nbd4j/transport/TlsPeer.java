// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A TLS server for one connection, by the JDK's sockets, which share no code with our transport but the engine. */
final class TlsPeer implements AutoCloseable {
    private final ServerSocket listener;
    private final FutureTask<Void> work;

    private TlsPeer(ServerSocket listener, FutureTask<Void> work) {
        this.listener = listener;
        this.work = work;
    }

    /** Accepts a connection and hands it over as it is. */
    static TlsPeer plain(PlainScript script) throws IOException {
        var listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        var work = new FutureTask<Void>(() -> {
            try (Socket raw = listener.accept()) {
                script.run(raw);
            }
            return null;
        });
        Thread.ofPlatform().daemon().name("tls-peer").start(work);
        return new TlsPeer(listener, work);
    }

    /** Accepts a connection and hands over TLS on top of it, before the handshake, which the first byte begins. */
    static TlsPeer tls(SSLContext context, TlsScript script) throws IOException {
        return plain(raw -> {
            var secure = (SSLSocket) context.getSocketFactory().createSocket(raw, null, false);
            secure.setUseClientMode(false);
            script.run(secure, raw);
        });
    }

    Transport connect() throws IOException {
        return TcpConnector.connect("127.0.0.1", listener.getLocalPort(), Duration.ofSeconds(10), 0);
    }

    /** Waits for the script to end, and throws what it threw. */
    void await() throws Exception {
        work.get(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    @FunctionalInterface
    interface PlainScript {
        void run(Socket raw) throws Exception;
    }

    @FunctionalInterface
    interface TlsScript {
        void run(SSLSocket secure, Socket raw) throws Exception;
    }
}
