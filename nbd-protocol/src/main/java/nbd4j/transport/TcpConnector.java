// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Connects to a TCP port: asks for all addresses of the host and tries one after the other, in the order that the
 * system's resolver prefers, IPv6 and IPv4 alike.
 */
public final class TcpConnector {
    private TcpConnector() {}

    /**
     * Connects. Small writes are sent at once (no Nagle), and keep-alive finds a peer that vanished.
     *
     * @param host a name or the text of an address
     * @param port 1 to 65535
     * @param limit for each address; zero for none
     * @param receiveBuffer bytes of the socket's receive buffer; 0 leaves it to the system
     * @throws UnknownHostException if the host has no address
     * @throws SocketTimeoutException if every address was tried and the last failure of at least one was the limit
     *     while none refused
     * @throws ConnectException if no address could be connected; the message lists each with its cause
     * @throws ClosedByInterruptException if the thread was interrupted; it still is
     */
    public static SocketTransport connect(String host, int port, Duration limit, int receiveBuffer) throws IOException {
        String peer = PeerText.hostAndPort(host, port);
        var failures = new ArrayList<Failure>();
        for (InetAddress address : resolve(host, peer)) {
            try {
                return new SocketTransport(connect(new InetSocketAddress(address, port), limit, receiveBuffer), peer);
            } catch (ClosedByInterruptException e) {
                throw e;
            } catch (IOException e) {
                failures.add(new Failure(PeerText.of(address, port), e));
            }
        }
        throw describe(peer, failures, limit);
    }

    private static InetAddress[] resolve(String host, String peer) throws UnknownHostException {
        try {
            return InetAddress.getAllByName(host);
        } catch (UnknownHostException e) {
            var failure = new UnknownHostException("cannot connect to %s: the host name is not known".formatted(peer));
            failure.initCause(e);
            throw failure;
        }
    }

    private static SocketChannel connect(InetSocketAddress address, Duration limit, int receiveBuffer)
            throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            if (receiveBuffer > 0) {
                // Before connecting, since the window's scale is fixed then.
                channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
            }
            channel.socket().connect(address, milliseconds(limit));
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Zero means none to the socket, so that a shorter limit becomes one millisecond. */
    private static int milliseconds(Duration limit) {
        return limit.isZero() ? 0 : Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
    }

    private static IOException describe(String peer, List<Failure> failures, Duration limit) {
        var message = new StringBuilder("cannot connect to ").append(peer);
        String separator = ": ";
        for (Failure failure : failures) {
            message.append(separator);
            // The address of one that was given as an address need not be said twice.
            if (failures.size() > 1 || !failure.address().equals(peer)) {
                message.append(failure.address()).append(": ");
            }
            message.append(failure.reason(limit));
            separator = "; ";
        }
        boolean timedOut = failures.stream().allMatch(failure -> failure.cause() instanceof SocketTimeoutException);
        IOException result =
                timedOut ? new SocketTimeoutException(message.toString()) : new ConnectException(message.toString());
        result.initCause(failures.getFirst().cause());
        failures.stream().skip(1).forEach(failure -> result.addSuppressed(failure.cause()));
        return result;
    }

    private record Failure(String address, IOException cause) {
        String reason(Duration limit) {
            return switch (cause) {
                case SocketTimeoutException ignored -> "no answer within " + seconds(limit);
                case NoRouteToHostException ignored -> "no route to the host";
                case ConnectException e when isRefused(e) -> "connection refused, no server listens there";
                default -> String.valueOf(cause.getMessage());
            };
        }
    }

    /** Returns whether nobody listened. Java says so in words only, and some releases of 21 add in which call. */
    static boolean isRefused(IOException cause) {
        String message = cause.getMessage();
        return message != null && message.startsWith("Connection refused");
    }

    static String seconds(Duration limit) {
        return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
    }
}
