// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ways to end a socket. */
public final class Sockets {
    private static final Logger LOG = LoggerFactory.getLogger(Sockets.class);

    private Sockets() {}

    /**
     * Closes a channel; a failure to do so concerns nobody any more.
     *
     * @param channel open or closed
     */
    public static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException failed) {
            LOG.debug("closing {} failed", channel, failed);
        }
    }

    /**
     * Closes a channel with a reset, where the transport has one.
     *
     * @param channel open or closed
     */
    public static void reset(SocketChannel channel) {
        try {
            if (channel.isOpen() && channel.getRemoteAddress() instanceof InetSocketAddress) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException failed) {
            LOG.debug("{} cannot be reset, it is closed", channel, failed);
        }
        close(channel);
    }
}
