// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import nbd4j.model.NbdTlsException;
import nbd4j.transport.TlsSettings;
import nbd4j.transport.TlsUpgrade;
import nbd4j.uri.NbdAddress;
import nbd4j.uri.NbdUri;
import nbd4j.uri.TlsType;

/** Finds out what TLS is to be made of: the URI first, then the options, then the system. */
final class TlsChoice {
    private TlsChoice() {}

    /** Makes what does TLS; reads files, so it is done no earlier than needed. */
    interface Source {
        /**
         * Reads what is needed.
         *
         * @throws NbdTlsException if something is missing or not allowed; nothing was sent to anybody
         */
        TlsUpgrade open() throws IOException;
    }

    /** Returns what a URI and the options say. */
    static Source of(NbdUri uri, ConnectOptions options) {
        return () -> open(settings(uri, options));
    }

    /** Returns what the options say alone. */
    static Source of(ConnectOptions options) {
        TlsOptions tls = options.tls();
        return () -> open(new TlsSettings(
                tls.context(), tls.certificates(), tls.pskFile(), tls.username(), tls.hostname(), tls.verifyPeer()));
    }

    private static TlsUpgrade open(TlsSettings settings) throws NbdTlsException {
        if (settings.pskFile().isEmpty()
                && settings.verifyPeer()
                && settings.hostname().isEmpty()) {
            throw new NbdTlsException("TLS over a Unix socket or a given channel has no name to check the server's"
                    + " certificate against; give it with tls-hostname, or switch the check off with"
                    + " tls-verify-peer=0");
        }
        try {
            return TlsUpgrade.of(settings);
        } catch (IOException e) {
            throw new NbdTlsException("TLS cannot be prepared: " + e.getMessage(), e);
        }
    }

    static TlsSettings settings(NbdUri uri, ConnectOptions options) throws NbdTlsException {
        if (uri.tlsType().equals(Optional.of(TlsType.ANON))) {
            throw new NbdTlsException(
                    "tls-type=anon is not supported: nobody would know who the server is;" + " x509 and psk are");
        }
        TlsOptions tls = options.tls();
        Optional<Path> certificates = localFile("tls-certificates", uri.tlsCertificates(), options);
        Optional<Path> pskFile = localFile("tls-psk-file", uri.tlsPskFile(), options);
        boolean psk = uri.tlsType().map(TlsType.PSK::equals).orElse(certificates.isEmpty());
        pskFile = psk ? pskFile.or(tls::pskFile) : Optional.empty();
        if (pskFile.isEmpty() && uri.tlsType().equals(Optional.of(TlsType.PSK))) {
            throw new NbdTlsException("tls-type=psk needs a file of keys; name it with tls-psk-file");
        }
        return new TlsSettings(
                certificates.isPresent() ? Optional.empty() : tls.context(),
                certificates.or(tls::certificates),
                pskFile,
                uri.user().or(tls::username),
                uri.tlsHostname().or(tls::hostname).or(() -> host(uri.address())),
                uri.tlsVerifyPeer() && tls.verifyPeer());
    }

    private static Optional<Path> localFile(String parameter, Optional<String> file, ConnectOptions options)
            throws NbdTlsException {
        if (file.isPresent() && !options.localFilesFromUri()) {
            throw new NbdTlsException(
                    "%s in a URI is not allowed by the options; whoever writes the URI could have any file opened"
                            .formatted(parameter));
        }
        return file.map(Path::of);
    }

    private static Optional<String> host(NbdAddress address) {
        return address instanceof NbdAddress.Tcp tcp ? Optional.of(tcp.host()) : Optional.empty();
    }
}
