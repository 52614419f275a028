// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A connected TCP or Unix socket.
 *
 * <p>Threads: one reads, one writes, any closes. Every read is one system call if bytes are there; nothing is allocated
 * by a call.
 */
public final class SocketTransport implements Transport {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    /** A larger buffer is written in pieces of this size, so that a slow network shows progress. */
    private static final int LARGE = 1 << 20;

    private final SocketChannel channel;
    /** Bytes written; by the writing thread only. */
    private final AtomicLong sent = new AtomicLong();

    private final String peer;
    /** Of the reading thread: keeps a scattering read from making an array. */
    private final ByteBuffer[] pair = {NOTHING, NOTHING};

    SocketTransport(SocketChannel channel, String peer) {
        this.channel = channel;
        this.peer = peer;
    }

    /**
     * Takes over a socket that the caller connected.
     *
     * @param channel connected and in blocking mode; closed by the transport from now on
     * @throws IOException if the channel is closed or not connected
     */
    public static SocketTransport of(SocketChannel channel) throws IOException {
        SocketAddress remote = channel.getRemoteAddress();
        if (remote == null) {
            throw new IOException("the socket that was handed over is not connected");
        }
        if (!channel.isBlocking()) {
            throw new IOException("the socket that was handed over is in non-blocking mode");
        }
        return new SocketTransport(channel, PeerText.of(remote));
    }

    /** For the thread that connects it. */
    SocketChannel channel() {
        return channel;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return channel.read(into);
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        if (!second.hasRemaining()) {
            return channel.read(first);
        }
        if (!first.hasRemaining()) {
            return channel.read(second);
        }
        pair[0] = first;
        pair[1] = second;
        try {
            return channel.read(pair, 0, 2);
        } finally {
            pair[0] = NOTHING;
            pair[1] = NOTHING;
        }
    }

    @Override
    public void write(ByteBuffer[] buffers, int count) throws IOException {
        int first = 0;
        while (first < count) {
            if (!buffers[first].hasRemaining()) {
                first++;
            } else if (first == count - 1 || buffers[first].remaining() > LARGE) {
                write(buffers[first]);
            } else {
                count(channel.write(buffers, first, count - first));
            }
        }
    }

    @Override
    public void write(ByteBuffer buffer) throws IOException {
        int limit = buffer.limit();
        while (buffer.position() < limit) {
            buffer.limit(Math.min(limit, buffer.position() + LARGE));
            try {
                count(channel.write(buffer));
            } finally {
                buffer.limit(limit);
            }
        }
    }

    private void count(long written) {
        sent.setRelease(sent.getPlain() + written);
    }

    @Override
    public long bytesSent() {
        return sent.getAcquire();
    }

    @Override
    public void closeOutput() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            // The wire is gone already, which the reading side will find and report.
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The descriptor is released in any case, and there is nothing left that could be lost.
        }
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public boolean tls() {
        return false;
    }

    @Override
    public String peer() {
        return peer;
    }
}
