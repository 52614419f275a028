// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * What TLS needs, where a URI of scheme {@code nbds} or {@code nbds+unix} asks for it, or where
 * {@code NbdNegotiation.startTls} is called. Parameters of the URI ({@code tls-hostname}, {@code tls-verify-peer},
 * {@code tls-certificates}, {@code tls-psk-file}, the user name) come before these.
 *
 * <p>Without context, certificates and pre-shared key the system's trust store decides. The host name is always
 * checked, and over a Unix socket one must be given, unless {@code verifyPeer} is off.
 *
 * @param context trust and keys made by the caller; comes before {@code certificates}
 * @param certificates a directory with {@code ca-cert.pem}, and for client certificates {@code client-cert.pem} and
 *     {@code client-key.pem}, as libnbd, qemu and nbdkit share it
 * @param pskFile a file of lines {@code user:hexkey}; needs the library {@code bctls-jdk18on} of Bouncy Castle
 * @param username which line of {@code pskFile}; default the name of the user who runs this JVM
 * @param hostname the name that the server's certificate must bear, if not the host of the URI
 * @param verifyPeer whether the server's certificate and name are checked; switching it off is warned about
 */
public record TlsOptions(
        Optional<SSLContext> context,
        Optional<Path> certificates,
        Optional<Path> pskFile,
        Optional<String> username,
        Optional<String> hostname,
        boolean verifyPeer) {
    private static final TlsOptions DEFAULTS = new TlsOptions(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), true);

    /** Returns the system's trust store, no client certificate, and verification. */
    public static TlsOptions defaults() {
        return DEFAULTS;
    }

    /** Returns these options with trust and keys made by the caller. */
    public TlsOptions withContext(SSLContext newContext) {
        return new TlsOptions(Optional.of(newContext), certificates, pskFile, username, hostname, verifyPeer);
    }

    /** Returns these options with a directory of PEM files. */
    public TlsOptions withCertificates(Path directory) {
        return new TlsOptions(context, Optional.of(directory), pskFile, username, hostname, verifyPeer);
    }

    /** Returns these options with a file of pre-shared keys. */
    public TlsOptions withPskFile(Path file) {
        return new TlsOptions(context, certificates, Optional.of(file), username, hostname, verifyPeer);
    }

    /** Returns these options with another user name for the pre-shared key. */
    public TlsOptions withUsername(String newUsername) {
        return new TlsOptions(context, certificates, pskFile, Optional.of(newUsername), hostname, verifyPeer);
    }

    /** Returns these options with the name that the certificate must bear. */
    public TlsOptions withHostname(String newHostname) {
        return new TlsOptions(context, certificates, pskFile, username, Optional.of(newHostname), verifyPeer);
    }

    /** Returns these options with verification on or off. */
    public TlsOptions withVerifyPeer(boolean newVerifyPeer) {
        return new TlsOptions(context, certificates, pskFile, username, hostname, newVerifyPeer);
    }
}
