// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS, as its server, over another wire.
 *
 * <p>The engine lets one thread read while another writes. A reader that must answer a key update writes too, so
 * {@code writing} guards everything that is sent.
 */
public final class TlsWire implements Wire {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};

    /** Records of 16 KiB that go out together. */
    private static final int RECORDS_PER_WRITE = 8;

    private final Wire below;
    private final int packetBytes;
    private final SSLEngine engine;
    private final ReentrantLock writing = new ReentrantLock();
    private final ByteBuffer outgoing; // guarded by writing
    private final ByteBuffer incoming; // read side only; holds records from position to limit
    private final ByteBuffer plain; // read side only; decrypted bytes from position to limit
    private boolean ended; // read side only

    private TlsWire(Wire below, SSLEngine engine) {
        this.below = below;
        this.engine = engine;
        int packet = engine.getSession().getPacketBufferSize();
        packetBytes = packet;
        outgoing = ByteBuffer.allocateDirect(packet * RECORDS_PER_WRITE);
        incoming = ByteBuffer.allocateDirect(packet).flip();
        plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .flip();
    }

    /**
     * Does the handshake.
     *
     * @param below carries the records; closed by the new wire, and by the caller if this fails
     * @param context the server's certificate and whom it trusts
     * @param wantClientCertificate whether a client without a trusted certificate is refused
     * @return bytes in the clear for us, encrypted below
     * @throws IOException if the handshake fails
     */
    public static TlsWire accept(Wire below, SSLContext context, boolean wantClientCertificate) throws IOException {
        var engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(wantClientCertificate);
        engine.setEnabledProtocols(VERSIONS);
        var wire = new TlsWire(below, engine);
        wire.handshake();
        return wire;
    }

    private void handshake() throws IOException {
        engine.beginHandshake();
        var status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
            switch (status) {
                case NEED_WRAP -> wrap(NOTHING);
                case NEED_TASK -> runTasks();
                default -> step();
            }
            if (ended) {
                throw new EOFException("the client closed the connection during the TLS handshake");
            }
            status = engine.getHandshakeStatus();
        }
    }

    private void runTasks() {
        for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Decrypts one record into {@code plain}, reading more bytes if there is not a whole one. */
    private void step() throws IOException {
        plain.compact();
        SSLEngineResult result;
        try {
            result = engine.unwrap(incoming, plain);
        } catch (SSLException failed) {
            sendAlert(failed);
            throw failed;
        } finally {
            plain.flip();
        }
        if (result.getStatus() == Status.CLOSED) {
            ended = true;
        } else if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
            incoming.compact();
            int count = below.read(incoming);
            incoming.flip();
            ended = count < 0;
        }
    }

    private void sendAlert(SSLException cause) {
        try {
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && !engine.isOutboundDone()) {
                wrap(NOTHING);
            }
        } catch (IOException failed) {
            cause.addSuppressed(failed);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        while (!plain.hasRemaining()) {
            if (ended) {
                return -1;
            }
            step();
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> wrap(NOTHING);
                default -> {}
            }
        }
        int count = Math.min(plain.remaining(), into.remaining());
        into.put(into.position(), plain, plain.position(), count);
        into.position(into.position() + count);
        plain.position(plain.position() + count);
        return count;
    }

    @Override
    public void write(ByteBuffer from) throws IOException {
        while (from.hasRemaining()) {
            wrap(from);
        }
    }

    private void wrap(ByteBuffer from) throws IOException {
        writing.lock();
        try {
            outgoing.clear();
            var result = engine.wrap(from, outgoing);
            while (from.hasRemaining()
                    && result.getStatus() == Status.OK
                    && result.bytesConsumed() > 0
                    && outgoing.remaining() >= packetBytes) {
                result = engine.wrap(from, outgoing);
            }
            outgoing.flip();
            below.write(outgoing);
            if (result.getStatus() == Status.CLOSED && from.hasRemaining()) {
                throw new EOFException("TLS is closed, " + from.remaining() + " bytes were not sent");
            }
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void finish() throws IOException {
        engine.closeOutbound();
        while (!engine.isOutboundDone()) {
            wrap(NOTHING);
        }
        below.finish();
    }

    @Override
    public void close() {
        below.close();
    }

    @Override
    public void reset() {
        below.reset();
    }
}
