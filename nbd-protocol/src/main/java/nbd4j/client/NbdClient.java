// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.OptionError;
import nbd4j.transport.SocketTransport;
import nbd4j.transport.TlsUpgrade;
import nbd4j.transport.Transport;
import nbd4j.uri.NbdUri;
import nbd4j.wire.MetaContextRequest;

/**
 * The door: connects to NBD servers.
 *
 * {@snippet class="nbd4j.examples.ReadRange" region="read"}
 *
 * <p>Over TLS:
 *
 * {@snippet class="nbd4j.examples.UseTls" region="tls"}
 *
 * <p>{@link #connect(NbdUri, ConnectOptions) connect} does everything in one call: TLS where the URI asks for it,
 * extended headers or else structured replies, metadata contexts, and the export; each of them with whatever the server
 * can do. {@link #negotiate(NbdUri, ConnectOptions) negotiate} stops behind the greeting (and TLS), for those who want
 * to list exports or take the steps themselves.
 *
 * <p>Any thread may call. A thread that is interrupted in a call closes what it was about to open, and gets an
 * {@link java.io.InterruptedIOException}. All failures are {@code IOException}s, most of them {@link
 * nbd4j.model.NbdException}s; text that is no URI, and addresses that Java cannot reach, are an
 * {@code IllegalArgumentException}.
 *
 * <p>Source: proto.md, "Protocol phases"; uri.md.
 */
public final class NbdClient {
    private NbdClient() {}

    /** Connects to an export with the {@linkplain ConnectOptions#defaults() options that suit most}. */
    public static NbdConnection connect(String uri) throws IOException {
        return connect(NbdUri.parse(uri), ConnectOptions.defaults());
    }

    /** Connects to an export. */
    public static NbdConnection connect(String uri, ConnectOptions options) throws IOException {
        return connect(NbdUri.parse(uri), options);
    }

    /** Connects to an export with the {@linkplain ConnectOptions#defaults() options that suit most}. */
    public static NbdConnection connect(NbdUri uri) throws IOException {
        return connect(uri, ConnectOptions.defaults());
    }

    /**
     * Connects to the export that a URI names.
     *
     * @throws NbdNegotiationException if the server refuses the export; {@link NbdNegotiationException#error()} is
     *     {@link OptionError#UNKNOWN} if there is no such export
     * @throws nbd4j.model.NbdTlsException if TLS is asked for and cannot be had, or the server is not trusted
     * @throws nbd4j.model.NbdTimeoutException if a limit of the options is reached
     * @throws nbd4j.model.NbdDisconnectedException if nobody answers, or the server hangs up
     * @throws nbd4j.model.NbdProtocolException if the server breaks the protocol
     * @throws IllegalArgumentException if Java has no sockets for the address, or a context's name cannot be sent
     */
    public static NbdConnection connect(NbdUri uri, ConnectOptions options) throws IOException {
        requireSendable(uri.exportName(), options);
        return negotiate(uri, options, true).connect(uri.exportName());
    }

    /**
     * Connects to an export over a socket that is connected already. Without TLS.
     *
     * @param channel in blocking mode; belongs to the connection from now on, also if this fails
     * @param exportName empty for the default export
     */
    public static NbdConnection connect(SocketChannel channel, String exportName, ConnectOptions options)
            throws IOException {
        requireSendable(exportName, options);
        return greet(take(channel), options, true).connect(exportName);
    }

    /**
     * Starts a server as a child process, by systemd's socket activation, and connects to an export of it. The server
     * ends with the connection. It is handed its socket by Perl or Python, one of which must be there.
     *
     * {@snippet :
     * NbdClient.connect(List.of("nbdkit", "memory", "1G"), "", ConnectOptions.defaults());
     * }
     *
     * @param server program and arguments, such as {@code nbdkit} or {@code qemu-nbd}; searched on the {@code PATH}
     * @param exportName empty for the default export
     * @throws nbd4j.model.NbdDisconnectedException if the server cannot be started, or exits; the message has the end of
     *     what it printed
     */
    public static NbdConnection connect(List<String> server, String exportName, ConnectOptions options)
            throws IOException {
        requireSendable(exportName, options);
        return greet(Connector.start(server, options), options, true).connect(exportName);
    }

    /** Begins a negotiation. */
    public static NbdNegotiation negotiate(String uri, ConnectOptions options) throws IOException {
        return negotiate(NbdUri.parse(uri), options);
    }

    /**
     * Begins a negotiation: connects, reads the greeting, and switches to TLS where the URI asks for it. The URI's
     * export name is not used.
     *
     * @throws IOException as {@link #connect(NbdUri, ConnectOptions)} does
     */
    public static NbdNegotiation negotiate(NbdUri uri, ConnectOptions options) throws IOException {
        return negotiate(uri, options, false);
    }

    /**
     * Begins a negotiation over a socket that is connected already. TLS is up to {@link NbdNegotiation#startTls}.
     *
     * @param channel in blocking mode; belongs to the negotiation from now on, also if this fails
     */
    public static NbdNegotiation negotiate(SocketChannel channel, ConnectOptions options) throws IOException {
        return greet(take(channel), options, false);
    }

    /**
     * Starts a server as a child process and begins a negotiation with it. The server ends with the negotiation, or with
     * the connection that comes of it.
     *
     * @param server program and arguments, as for {@link #connect(List, String, ConnectOptions)}
     */
    public static NbdNegotiation negotiate(List<String> server, ConnectOptions options) throws IOException {
        return greet(Connector.start(server, options), options, false);
    }

    private static NbdNegotiation negotiate(NbdUri uri, ConnectOptions options, boolean oneLimitForAll)
            throws IOException {
        TlsChoice.Source tls = TlsChoice.of(uri, options);
        if (uri.tls()) {
            // What is missing shows before anybody is disturbed.
            TlsUpgrade upgrade = tls.open();
            tls = () -> upgrade;
        }
        return NbdNegotiation.greet(Connector.connect(uri.address(), options), options, tls, uri.tls(), oneLimitForAll);
    }

    private static NbdNegotiation greet(Transport transport, ConnectOptions options, boolean oneLimitForAll)
            throws IOException {
        return NbdNegotiation.greet(transport, options, TlsChoice.of(options), false, oneLimitForAll);
    }

    private static Transport take(SocketChannel channel) throws IOException {
        try {
            return SocketTransport.of(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Refuses names that no server may be sent, before a connection is made for them. */
    private static void requireSendable(String exportName, ConnectOptions options) {
        MetaContextRequest.encode(exportName, options.metaContexts());
    }
}
