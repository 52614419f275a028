// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdTlsException;
import nbd4j.transport.TlsTruncatedException;
import nbd4j.transport.Transport;
import nbd4j.transport.Watchdog;

/**
 * The bytes of the handshake. Reads exactly what is due and never ahead, so that bytes behind the reply to STARTTLS
 * reach the TLS engine and nothing else.
 *
 * <p>For one thread at a time. There are no time limits here, but for {@link #linger}.
 */
final class HandshakeWire {
    private static final int SKIP_BYTES = 8 * 1024;

    private Transport transport;
    private String phase = "the greeting";
    private boolean inStep = true;

    HandshakeWire(Transport transport) {
        this.transport = transport;
    }

    /** Returns what carries the bytes now. */
    Transport transport() {
        return transport;
    }

    /** Goes on over another transport, one that encrypts. */
    void switchTo(Transport secured) {
        transport = secured;
    }

    String peer() {
        return transport.peer();
    }

    /** Returns what is being waited for, for messages: {@code the reply to GO}. */
    String phase() {
        return phase;
    }

    void enter(String newPhase) {
        phase = newPhase;
    }

    /** Returns whether both sides agree where a message begins; false between a request and the end of its answer. */
    boolean inStep() {
        return inStep;
    }

    void inStep(boolean agreed) {
        inStep = agreed;
    }

    /** Reads this many bytes. */
    ByteBuffer read(int bytes) throws IOException {
        var into = ByteBuffer.allocate(bytes);
        readInto(into);
        return into.flip();
    }

    /** Reads and forgets this many bytes. */
    void skip(long bytes) throws IOException {
        var scrap = ByteBuffer.allocate(Math.toIntExact(Math.min(bytes, SKIP_BYTES)));
        for (long left = bytes; left > 0; left -= scrap.position()) {
            scrap.clear().limit(Math.toIntExact(Math.min(left, SKIP_BYTES)));
            readInto(scrap);
        }
    }

    private void readInto(ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            int count;
            try {
                count = transport.read(into);
            } catch (IOException e) {
                throw lost(e);
            }
            if (count < 0) {
                throw new NbdDisconnectedException("%s hung up; was waiting for %s, got %d of %d bytes"
                        .formatted(peer(), phase, into.position(), into.limit()));
            }
        }
    }

    /** Writes all of it at once. */
    void write(ByteBuffer bytes) throws IOException {
        try {
            transport.write(bytes);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Returns what to throw when the wire fails. */
    IOException lost(IOException cause) {
        if (cause instanceof ClosedByInterruptException) {
            var interrupted = new InterruptedIOException(
                    "interrupted while waiting for %s of %s; the connection is closed".formatted(phase, peer()));
            interrupted.initCause(cause);
            return interrupted;
        }
        // With TLS 1.3 a server refuses a client's certificate only after the handshake.
        if (cause instanceof SSLException && !(cause instanceof TlsTruncatedException)) {
            return new NbdTlsException(
                    "TLS with %s failed while waiting for %s: %s".formatted(peer(), phase, cause.getMessage()), cause);
        }
        return new NbdDisconnectedException(
                "connection to %s lost while waiting for %s: %s".formatted(peer(), phase, cause.getMessage()), cause);
    }

    /**
     * Sends a farewell, lets the server take note of it, and closes. What the server still says is of no interest, nor
     * is a failure: the connection is given up anyway.
     *
     * @param limit how long to wait for the server to hang up; closing at once could reset the connection before it
     *     has read the farewell
     */
    void linger(ByteBuffer farewell, Duration limit) {
        enter("the server to hang up");
        try (var watchdog = Watchdog.start(transport, limit)) {
            transport.write(farewell);
            transport.closeOutput();
            var scrap = ByteBuffer.allocate(SKIP_BYTES);
            while (!watchdog.barked() && transport.read(scrap) >= 0) {
                scrap.clear();
            }
        } catch (IOException e) {
            // Nothing to add: the server hung up first, as some do on ABORT, or did not within the limit.
        } finally {
            transport.close();
        }
    }
}
