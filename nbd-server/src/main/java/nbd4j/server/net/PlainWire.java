// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Bytes in the clear over a blocking TCP or Unix socket. */
public final class PlainWire implements Wire {
    private final SocketChannel channel;

    /**
     * Takes over a connected channel.
     *
     * @param channel in blocking mode; closed by this wire
     * @throws IOException if its options cannot be set
     */
    public PlainWire(SocketChannel channel) throws IOException {
        this.channel = channel;
        if (channel.getRemoteAddress() instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return channel.read(into);
    }

    @Override
    public void write(ByteBuffer from) throws IOException {
        while (from.hasRemaining()) {
            channel.write(from);
        }
    }

    @Override
    public void finish() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() {
        Sockets.close(channel);
    }

    @Override
    public void reset() {
        Sockets.reset(channel);
    }
}
