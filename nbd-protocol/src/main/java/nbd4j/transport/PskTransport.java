// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.bouncycastle.tls.TlsClientProtocol;

/**
 * TLS with a pre-shared key over another transport, by Bouncy Castle's protocol engine in its non-blocking form.
 *
 * <p>Threads: one reads, one writes, any closes. The engine is not made for two threads, so a lock guards it, held for
 * encryption and decryption in memory and never over a wait for the peer. What the engine has to answer to something
 * that was read, such as a request for new keys, goes out with the next write.
 */
final class PskTransport implements Transport {
    /** Bytes that one system call carries at most. */
    private static final int CHUNK = 64 * 1024;

    /** What a peer may send without any data in it, and what may wait to be answered: some tickets and keys. */
    private static final int MAXIMUM_OVERHEAD = 4 * CHUNK;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Transport plain;
    private final ReentrantLock engineLock = new ReentrantLock();
    /** Guarded by {@code engineLock}. */
    private final TlsClientProtocol engine = new TlsClientProtocol();
    /** Of the reader. */
    private final ByteBuffer encryptedIn = ByteBuffer.allocate(CHUNK);
    /** Of the reader: bytes since the last data. */
    private int overhead;
    /** Guards the buffers of the writer, and the order in which encrypted bytes leave. */
    private final ReentrantLock sending = new ReentrantLock();
    /** Guarded by {@code sending}. */
    private final ByteBuffer plainOut = ByteBuffer.allocate(CHUNK);
    /** Guarded by {@code sending}. */
    private final ByteBuffer encryptedOut = ByteBuffer.allocateDirect(CHUNK + 4096);
    /** Guarded by {@code sending}. */
    private final ByteBuffer[] single = {NOTHING};
    /** Written by whoever closes the output, before the engine is closed. */
    private volatile boolean outputClosed;

    private PskTransport(Transport plain) {
        this.plain = plain;
    }

    /** Returns the encrypted transport. The caller closes the plain one if this fails. */
    static PskTransport handshake(Transport plain, PskClient client) throws IOException {
        var transport = new PskTransport(plain);
        try {
            transport.handshake(client);
            return transport;
        } catch (SSLException e) {
            transport.sendAlert();
            var failure = new SSLHandshakeException(
                    "TLS handshake with %s failed: %s".formatted(plain.peer(), e.getMessage()));
            failure.initCause(e);
            throw failure;
        }
    }

    private void handshake(PskClient client) throws IOException {
        use(() -> engine.connect(client));
        sendPending();
        while (engine.isHandshaking()) {
            if (plain.read(encryptedIn.clear()) < 0) {
                throw new SSLException("the server closed the connection");
            }
            use(this::offer);
            sendPending();
        }
    }

    private void sendAlert() {
        try {
            sendPending();
        } catch (IOException e) {
            // The handshake's own failure is what the caller reports.
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return (int) read(into, NOTHING);
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        try {
            while (true) {
                int count = take(first) + take(second);
                if (count > 0) {
                    overhead = 0;
                    return count;
                }
                if (isEnded() && !outputClosed) {
                    return -1;
                }
                int received = plain.read(encryptedIn.clear());
                if (received < 0) {
                    return end();
                }
                overhead += received;
                // This engine closes both ways at once; what the peer still says after our last word is let go.
                if (!isEnded()) {
                    use(this::offer);
                }
            }
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private int take(ByteBuffer into) {
        engineLock.lock();
        try {
            int count = Math.min(engine.getAvailableInputBytes(), into.remaining());
            return count == 0 ? 0 : engine.readInput(into, count);
        } finally {
            engineLock.unlock();
        }
    }

    private void offer() throws IOException {
        engine.offerInput(encryptedIn.array(), 0, encryptedIn.position());
        if (engine.getAvailableOutputBytes() > MAXIMUM_OVERHEAD) {
            throw new SSLException("%s asks for new keys without end".formatted(plain.peer()));
        }
        if (overhead > MAXIMUM_OVERHEAD && engine.getAvailableInputBytes() == 0) {
            throw new SSLException("%s sent %d bytes of TLS without data".formatted(plain.peer(), overhead));
        }
    }

    /** The stream ended: in order if either side said so within TLS. */
    private int end() throws IOException {
        if (isEnded()) {
            return -1;
        }
        throw new TlsTruncatedException("%s closed the connection without ending TLS".formatted(plain.peer()));
    }

    private boolean isEnded() {
        engineLock.lock();
        try {
            return engine.isClosed();
        } finally {
            engineLock.unlock();
        }
    }

    @Override
    public void write(ByteBuffer buffer) throws IOException {
        sending.lock();
        try {
            single[0] = buffer;
            encryptAndSend(single, 1);
        } finally {
            single[0] = NOTHING;
            sending.unlock();
        }
    }

    @Override
    public void write(ByteBuffer[] buffers, int count) throws IOException {
        sending.lock();
        try {
            encryptAndSend(buffers, count);
        } finally {
            sending.unlock();
        }
    }

    private void encryptAndSend(ByteBuffer[] from, int count) throws IOException {
        try {
            plainOut.clear();
            for (int i = 0; i < count; i++) {
                while (from[i].hasRemaining()) {
                    int part = Math.min(from[i].remaining(), plainOut.remaining());
                    plainOut.put(plainOut.position(), from[i], from[i].position(), part);
                    plainOut.position(plainOut.position() + part);
                    from[i].position(from[i].position() + part);
                    if (!plainOut.hasRemaining()) {
                        sendPlainOut();
                    }
                }
            }
            sendPlainOut();
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private void sendPlainOut() throws IOException {
        if (plainOut.position() > 0) {
            use(() -> engine.writeApplicationData(plainOut.array(), 0, plainOut.position()));
            plainOut.clear();
            sendPending();
        }
    }

    /** Sends what the engine has ready. By the one thread of the handshake, or with {@code sending} held. */
    private void sendPending() throws IOException {
        while (true) {
            engineLock.lock();
            try {
                encryptedOut.clear();
                int count = Math.min(engine.getAvailableOutputBytes(), encryptedOut.remaining());
                if (count == 0) {
                    return;
                }
                engine.readOutput(encryptedOut, count);
            } finally {
                engineLock.unlock();
            }
            plain.write(encryptedOut.flip());
        }
    }

    /** Lets the engine work, and makes whatever it objects to a failure of TLS. */
    private void use(Step step) throws SSLException {
        engineLock.lock();
        try {
            step.run();
        } catch (SSLException e) {
            throw e;
        } catch (IOException e) {
            throw new SSLException(PeerText.path(String.valueOf(e.getMessage())), e);
        } finally {
            engineLock.unlock();
        }
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    @Override
    public void closeOutput() {
        if (!sending.tryLock()) {
            // A write is stuck; nothing can be put behind it.
            return;
        }
        try {
            outputClosed = true;
            use(engine::close);
            sendPending();
            plain.closeOutput();
        } catch (IOException e) {
            // The wire is gone already, which the reading side will find and report.
        } finally {
            sending.unlock();
        }
    }

    @Override
    public void close() {
        plain.close();
    }

    @Override
    public long bytesSent() {
        return plain.bytesSent();
    }

    @Override
    public boolean isClosed() {
        return plain.isClosed();
    }

    @Override
    public boolean tls() {
        return true;
    }

    @Override
    public String peer() {
        return plain.peer();
    }
}
