// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * Bytes in the clear with a limit on every wait.
 *
 * <p>One thread uses it; closing from another thread ends its wait. Waits in a selector, which would pin a virtual
 * thread, so the thread should be a platform thread.
 */
public final class TimedWire implements Wire {
    private final SocketChannel channel;
    private final Selector selector;
    private final Duration limit;

    /**
     * Takes over a connected channel.
     *
     * @param channel closed by this wire
     * @param limit longest wait of one read or write
     * @throws IOException if its options cannot be set
     */
    public TimedWire(SocketChannel channel, Duration limit) throws IOException {
        this.channel = channel;
        this.limit = limit;
        if (channel.getRemoteAddress() instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        channel.configureBlocking(false);
        selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int count = channel.read(into);
        while (count == 0) {
            await(SelectionKey.OP_READ);
            count = channel.read(into);
        }
        return count;
    }

    @Override
    public void write(ByteBuffer from) throws IOException {
        while (from.hasRemaining()) {
            if (channel.write(from) == 0) {
                await(SelectionKey.OP_WRITE);
            }
        }
    }

    private void await(int interest) throws IOException {
        var key = channel.keyFor(selector);
        if (key == null || !key.isValid()) {
            throw new IOException("connection closed while waiting for the client");
        }
        key.interestOps(interest);
        if (selector.select(limit.toMillis()) == 0 && channel.isOpen()) {
            throw new SocketTimeoutException("the client was silent for " + limit);
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void finish() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() {
        Sockets.close(channel);
        endSelector();
    }

    @Override
    public void reset() {
        Sockets.reset(channel);
        endSelector();
    }

    private void endSelector() {
        try {
            // A closed selector deregisters the channel, which lets the kernel finish closing it.
            selector.close();
        } catch (IOException failed) {
            throw new UncheckedIOException("closing the selector of a scripted connection failed", failed);
        }
    }
}
