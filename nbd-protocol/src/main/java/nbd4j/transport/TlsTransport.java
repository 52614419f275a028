// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS over another transport, after the handshake.
 *
 * <p>Threads: one reads, one writes, any closes. The engine takes one {@code wrap} and one {@code unwrap} at a time, so
 * that reader and writer need no lock between them. The reader never writes, not even the answer to a request for new
 * keys: the engine puts that in front of the next data that is written, as RFC 8446, section 4.6.3, wants it. So no
 * reader ever waits for a writer that waits for the peer.
 *
 * <p>A read decrypts straight into the caller's buffers if the record fits there; else into a buffer of one record.
 */
final class TlsTransport implements Transport {
    /** Records without data, such as tickets and requests for new keys, that a peer may send in a row. */
    private static final int MAXIMUM_EMPTY_RECORDS = 256;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Transport plain;
    private final SSLEngine engine;
    private final TlsBuffers buffers;
    /** Of the reader. */
    private final ByteBuffer[] targets = {NOTHING, NOTHING};
    /** Of the reader: since the last data. */
    private int emptyRecords;
    /** Guards wrapping and the buffer for what is sent; {@link #closeOutput} does not wait for it. */
    private final ReentrantLock sending = new ReentrantLock();
    /** Guarded by {@code sending}. */
    private final ByteBuffer[] single = {NOTHING};

    TlsTransport(Transport plain, SSLEngine engine, TlsBuffers buffers) {
        this.plain = plain;
        this.engine = engine;
        this.buffers = buffers;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return (int) read(into, NOTHING);
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        targets[0] = first;
        targets[1] = second;
        try {
            return buffers.decrypted.hasRemaining() ? handOver() : decrypt();
        } catch (IOException e) {
            plain.close();
            throw e;
        } finally {
            targets[0] = NOTHING;
            targets[1] = NOTHING;
        }
    }

    private long decrypt() throws IOException {
        long count = 0;
        while (true) {
            SSLEngineResult result = engine.unwrap(buffers.encryptedIn, targets, 0, 2);
            if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                if (count > 0) {
                    return count;
                }
                result = decryptAside();
                if (buffers.decrypted.hasRemaining()) {
                    emptyRecords = 0;
                    return handOver();
                }
            }
            switch (result.getStatus()) {
                case OK -> {
                    count += result.bytesProduced();
                    checkRecord(result);
                    if (count > 0 && (!buffers.encryptedIn.hasRemaining() || !hasRoom())) {
                        return count;
                    }
                }
                case BUFFER_UNDERFLOW -> {
                    if (count > 0) {
                        return count;
                    }
                    if (!buffers.fill(plain)) {
                        throw new TlsTruncatedException(
                                "%s closed the connection without ending TLS".formatted(plain.peer()));
                    }
                }
                case CLOSED -> {
                    return count > 0 ? count : -1;
                }
                case BUFFER_OVERFLOW ->
                    throw new SSLException("a TLS record of %s does not fit into %d bytes"
                            .formatted(plain.peer(), buffers.decrypted.capacity()));
            }
        }
    }

    /** Decrypts a record that does not fit into what the caller gave, if it is complete. */
    private SSLEngineResult decryptAside() throws SSLException {
        buffers.decrypted.clear();
        try {
            return engine.unwrap(buffers.encryptedIn, buffers.decrypted);
        } finally {
            buffers.decrypted.flip();
        }
    }

    private void checkRecord(SSLEngineResult result) throws SSLException {
        if (isRenegotiation(result.getHandshakeStatus())) {
            throw new SSLException("%s asked to negotiate TLS anew, which is not allowed".formatted(plain.peer()));
        }
        if (result.bytesProduced() > 0) {
            emptyRecords = 0;
        } else if (++emptyRecords > MAXIMUM_EMPTY_RECORDS) {
            throw new SSLException("%s sent more than %d TLS records without data in a row"
                    .formatted(plain.peer(), MAXIMUM_EMPTY_RECORDS));
        }
    }

    /** In TLS 1.3 an answer may be due to a request for new keys; it goes out with the next data. */
    private boolean isRenegotiation(HandshakeStatus status) {
        return switch (status) {
            case NOT_HANDSHAKING, FINISHED -> false;
            case NEED_WRAP -> !isTls13() && !engine.isInboundDone();
            case NEED_TASK, NEED_UNWRAP, NEED_UNWRAP_AGAIN -> true;
        };
    }

    private boolean isTls13() {
        return "TLSv1.3".equals(engine.getSession().getProtocol());
    }

    private boolean hasRoom() {
        return targets[0].hasRemaining() || targets[1].hasRemaining();
    }

    private long handOver() {
        return move(targets[0]) + move(targets[1]);
    }

    private long move(ByteBuffer into) {
        ByteBuffer from = buffers.decrypted;
        int count = Math.min(from.remaining(), into.remaining());
        into.put(into.position(), from, from.position(), count);
        into.position(into.position() + count);
        from.position(from.position() + count);
        return count;
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
    public void write(ByteBuffer[] from, int count) throws IOException {
        sending.lock();
        try {
            encryptAndSend(from, count);
        } finally {
            sending.unlock();
        }
    }

    private void encryptAndSend(ByteBuffer[] from, int count) throws IOException {
        ByteBuffer out = buffers.encryptedOut.clear();
        int first = 0;
        try {
            while (first < count) {
                if (!from[first].hasRemaining()) {
                    first++;
                } else if (out.remaining() < buffers.recordBytes) {
                    plain.write(out.flip());
                    out.clear();
                } else {
                    checkEncrypted(engine.wrap(from, first, count - first, out));
                }
            }
            if (out.position() > 0) {
                plain.write(out.flip());
            }
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private void checkEncrypted(SSLEngineResult result) throws SSLException {
        if (result.getStatus() == Status.CLOSED) {
            throw new SSLException("TLS to %s is closed, nothing more can be sent".formatted(plain.peer()));
        }
        if (result.getStatus() != Status.OK || result.bytesProduced() == 0) {
            throw new SSLException("the TLS engine encrypts nothing: %s, %s"
                    .formatted(result.getStatus(), result.getHandshakeStatus()));
        }
    }

    @Override
    public void closeOutput() {
        if (!sending.tryLock()) {
            // A write is stuck; nothing can be put behind it.
            return;
        }
        try {
            engine.closeOutbound();
            ByteBuffer out = buffers.encryptedOut.clear();
            while (!engine.isOutboundDone()
                    && out.remaining() >= buffers.recordBytes
                    && engine.wrap(NOTHING, out).bytesProduced() > 0) {}
            plain.write(out.flip());
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
