// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The address of an export: where its server listens, what the export is called, and whether TLS is required.
 *
 * <pre>
 * nbd://host/disk                               TCP, port 10809, export "disk"
 * nbds://alice@host:10810/disk                  TCP with TLS; "alice" names the client or its pre-shared key
 * nbd+unix:///disk?socket=/run/nbd.sock         Unix socket
 * nbds+unix:///disk?socket=/run/nbd.sock&amp;tls-hostname=host
 * nbd+vsock://2/disk                            vsock: parsed, but Java cannot connect to it
 * </pre>
 *
 * <p>An {@code nbds} URI means TLS or failure. The parameters {@code tls-type} ({@code anon}, {@code x509},
 * {@code psk}), {@code tls-hostname}, {@code tls-verify-peer} ({@code 0} or {@code 1}), {@code tls-certificates} and
 * {@code tls-psk-file} are allowed with TLS only. Parameters that begin with {@code x-} are ignored; any other, a
 * parameter given twice, a fragment and a password are errors. A host that is left out is {@code localhost}. Text
 * outside ASCII must be percent-encoded.
 *
 * <p>Values are immutable, and {@code NbdUri.parse(uri.toString())} equals {@code uri}.
 *
 * <p>Source: uri.md; RFC 3986.
 *
 * @param address where the server listens
 * @param exportName which export; the empty name is the server's default; at most 4096 bytes of UTF-8, no NUL
 * @param tls whether TLS is required
 * @param user the name given to the server: which pre-shared key; never empty
 * @param tlsType how the peers prove who they are; left to the options where it is absent
 * @param tlsHostname the name that the server's certificate must bear, if not the host of the address
 * @param tlsVerifyPeer whether the server's certificate and name are checked
 * @param tlsCertificates a directory of PEM files
 * @param tlsPskFile a file of lines {@code user:hexkey}
 */
public record NbdUri(
        NbdAddress address,
        String exportName,
        boolean tls,
        Optional<String> user,
        Optional<TlsType> tlsType,
        Optional<String> tlsHostname,
        boolean tlsVerifyPeer,
        Optional<String> tlsCertificates,
        Optional<String> tlsPskFile) {
    /** Longest export name in bytes of UTF-8. Source: proto.md, "Values and types". */
    public static final int MAXIMUM_NAME_BYTES = 4096;

    /** Refuses values that no URI can express or that no server may be sent. */
    public NbdUri {
        requireText("export name", exportName);
        user.ifPresent(text -> requireNonEmpty("user name", text));
        if (user.isPresent() && user.get().indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "the user name contains a colon; a password is not allowed in an NBD URI");
        }
        tlsHostname.ifPresent(Hosts::require);
        tlsCertificates.ifPresent(text -> requireNonEmpty("tls-certificates parameter", text));
        tlsPskFile.ifPresent(text -> requireNonEmpty("tls-psk-file parameter", text));
        boolean parameters = tlsType.isPresent()
                || tlsHostname.isPresent()
                || !tlsVerifyPeer
                || tlsCertificates.isPresent()
                || tlsPskFile.isPresent();
        if (!tls && parameters) {
            throw new IllegalArgumentException("tls- parameters are only allowed with TLS");
        }
    }

    private static void requireText(String what, String text) {
        int bytes = PercentCoding.utf8(what, text).length;
        if (bytes > MAXIMUM_NAME_BYTES) {
            throw new IllegalArgumentException(
                    "the %s is %d bytes long, at most %d are allowed".formatted(what, bytes, MAXIMUM_NAME_BYTES));
        }
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the %s contains a NUL character".formatted(what));
        }
    }

    private static void requireNonEmpty(String what, String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the %s is empty".formatted(what));
        }
        requireText(what, text);
    }

    /**
     * Reads a URI.
     *
     * @throws IllegalArgumentException if the text is not an NBD URI; the message says why and what is allowed, and
     *     leaves out what may be a password
     */
    public static NbdUri parse(String text) {
        return UriParser.parse(text);
    }

    /** Returns the default export of a server, without TLS. */
    public static NbdUri of(NbdAddress address) {
        return new NbdUri(
                address,
                "",
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                true,
                Optional.empty(),
                Optional.empty());
    }

    /** Returns the default export of the server at the default port of a host, without TLS. */
    public static NbdUri tcp(String host) {
        return tcp(host, NbdAddress.DEFAULT_PORT);
    }

    /** Returns the default export of the server at a port of a host, without TLS. */
    public static NbdUri tcp(String host, int port) {
        return of(new NbdAddress.Tcp(host, port));
    }

    /** Returns the default export of the server at a Unix socket, without TLS. */
    public static NbdUri unix(Path socket) {
        return of(new NbdAddress.Unix(socket.toString()));
    }

    /** Returns another export of the same server. */
    public NbdUri withExportName(String name) {
        return new NbdUri(address, name, tls, user, tlsType, tlsHostname, tlsVerifyPeer, tlsCertificates, tlsPskFile);
    }

    /** Returns the same export with TLS required; this is the URI itself if it is already. */
    public NbdUri withTls() {
        return new NbdUri(
                address, exportName, true, user, tlsType, tlsHostname, tlsVerifyPeer, tlsCertificates, tlsPskFile);
    }

    /** Returns the same export without TLS and without the parameters that only TLS may have. */
    public NbdUri withoutTls() {
        NbdUri plain = of(address).withExportName(exportName);
        return user.isPresent() ? plain.withUser(user.get()) : plain;
    }

    /** Returns this URI with a user name. */
    public NbdUri withUser(String name) {
        return new NbdUri(
                address,
                exportName,
                tls,
                Optional.of(name),
                tlsType,
                tlsHostname,
                tlsVerifyPeer,
                tlsCertificates,
                tlsPskFile);
    }

    /** Returns this URI, with TLS, and with a choice of how the peers prove who they are. */
    public NbdUri withTlsType(TlsType type) {
        return new NbdUri(
                address,
                exportName,
                true,
                user,
                Optional.of(type),
                tlsHostname,
                tlsVerifyPeer,
                tlsCertificates,
                tlsPskFile);
    }

    /** Returns this URI, with TLS, and with the name that the server's certificate must bear. */
    public NbdUri withTlsHostname(String name) {
        return new NbdUri(
                address,
                exportName,
                true,
                user,
                tlsType,
                Optional.of(name),
                tlsVerifyPeer,
                tlsCertificates,
                tlsPskFile);
    }

    /** Returns this URI, with TLS, and with the check of the server's certificate on or off. */
    public NbdUri withTlsVerifyPeer(boolean verify) {
        return new NbdUri(address, exportName, true, user, tlsType, tlsHostname, verify, tlsCertificates, tlsPskFile);
    }

    /** Returns this URI, with TLS, and with a directory of PEM files. */
    public NbdUri withTlsCertificates(Path directory) {
        return new NbdUri(
                address,
                exportName,
                true,
                user,
                tlsType,
                tlsHostname,
                tlsVerifyPeer,
                Optional.of(directory.toString()),
                tlsPskFile);
    }

    /** Returns this URI, with TLS, and with a file of pre-shared keys. */
    public NbdUri withTlsPskFile(Path file) {
        return new NbdUri(
                address,
                exportName,
                true,
                user,
                tlsType,
                tlsHostname,
                tlsVerifyPeer,
                tlsCertificates,
                Optional.of(file.toString()));
    }

    /** Returns the URI as text that {@link #parse} reads back to an equal value. It holds no secret. */
    @Override
    public String toString() {
        return UriPrinter.print(this);
    }
}
