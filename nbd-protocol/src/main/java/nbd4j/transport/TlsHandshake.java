// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first TLS handshake, by one thread that sends and receives in turn. */
final class TlsHandshake {
    private static final Logger LOG = LoggerFactory.getLogger(TlsHandshake.class);

    /** More is not shown of a reason that may quote the server's certificate. */
    private static final int MAXIMUM_REASON = 400;

    /** A server has nothing more to say before it explains why it hung up. */
    private static final int MAXIMUM_RECORDS_BEFORE_ALERT = 8;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Transport plain;
    private final SSLEngine engine;
    private final TlsBuffers buffers;

    private TlsHandshake(Transport plain, SSLEngine engine) {
        this.plain = plain;
        this.engine = engine;
        this.buffers = new TlsBuffers(engine.getSession());
    }

    /** Returns the encrypted transport. The caller closes the plain one if this fails. */
    static Transport run(Transport plain, SSLEngine engine) throws IOException {
        var handshake = new TlsHandshake(plain, engine);
        try {
            handshake.run();
        } catch (SSLException e) {
            handshake.sendAlert();
            var failure =
                    new SSLHandshakeException("TLS handshake with %s failed: %s".formatted(plain.peer(), reason(e)));
            failure.initCause(e);
            throw failure;
        }
        SSLSession session = engine.getSession();
        LOG.debug("{}: {} with {}", plain.peer(), session.getProtocol(), session.getCipherSuite());
        return new TlsTransport(plain, engine, handshake.buffers);
    }

    private void run() throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> send();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> receive();
                case FINISHED, NOT_HANDSHAKING -> {
                    return;
                }
            }
        }
    }

    private void runTasks() {
        @Nullable Runnable task = engine.getDelegatedTask();
        while (task != null) {
            task.run();
            task = engine.getDelegatedTask();
        }
    }

    private void send() throws IOException {
        buffers.encryptedOut.clear();
        Status status = engine.wrap(NOTHING, buffers.encryptedOut).getStatus();
        if (status == Status.BUFFER_OVERFLOW) {
            throw new SSLException(
                    "a handshake record is larger than %d bytes".formatted(buffers.encryptedOut.capacity()));
        }
        try {
            plain.write(buffers.encryptedOut.flip());
        } catch (IOException e) {
            throw alertOr(e);
        }
        if (status == Status.CLOSED) {
            throw new SSLException("the TLS engine closed its output");
        }
    }

    private void receive() throws IOException {
        switch (engine.unwrap(buffers.encryptedIn, NOTHING).getStatus()) {
            case OK -> {}
            case BUFFER_UNDERFLOW -> {
                if (!buffers.fill(plain)) {
                    throw new SSLException("the server closed the connection");
                }
            }
            case BUFFER_OVERFLOW -> throw new SSLException("the server sent data before the handshake was complete");
            case CLOSED -> throw new SSLException("the server ended TLS");
        }
    }

    /**
     * Returns the server's own reason for hanging up, if it sent one before the write failed: that our certificate is
     * missing, for instance.
     */
    private IOException alertOr(IOException writeFailure) {
        try {
            for (int i = 0; i < MAXIMUM_RECORDS_BEFORE_ALERT; i++) {
                receive();
                runTasks();
            }
        } catch (SSLException e) {
            // Not for the end of the stream, which says less than the failure.
            if (engine.isInboundDone()) {
                e.addSuppressed(writeFailure);
                return e;
            }
        } catch (IOException e) {
            writeFailure.addSuppressed(e);
        }
        return writeFailure;
    }

    /** Tells the server why, if it still listens; the caller has a failure to report already. */
    private void sendAlert() {
        try {
            for (int i = 0; i < 3 && !engine.isOutboundDone(); i++) {
                buffers.encryptedOut.clear();
                if (engine.wrap(NOTHING, buffers.encryptedOut).bytesProduced() == 0) {
                    return;
                }
                plain.write(buffers.encryptedOut.flip());
            }
        } catch (IOException e) {
            LOG.debug("{}: the TLS alert could not be sent", plain.peer(), e);
        }
    }

    /** Returns the innermost statement about the certificate, or what the engine said. */
    private static String reason(SSLException failure) {
        String reason = String.valueOf(failure.getMessage());
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException && cause.getMessage() != null) {
                reason = "the server's certificate is refused: " + cause.getMessage();
            }
        }
        String shown = PeerText.path(reason);
        return shown.length() <= MAXIMUM_REASON ? shown : shown.substring(0, MAXIMUM_REASON) + "…";
    }
}
