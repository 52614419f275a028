// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;

/**
 * Turns plain transports into encrypted ones. Made once, with files read and keys at hand, and used for every connection
 * to a server, by any thread.
 */
public interface TlsUpgrade {
    /**
     * Reads what the settings name.
     *
     * @throws IOException if a file cannot be read or holds what it must not, or if the Bouncy Castle library is missing
     *     that pre-shared keys need; no file's content is in the message
     */
    static TlsUpgrade of(TlsSettings settings) throws IOException {
        return settings.pskFile().isPresent()
                ? PskUpgrade.of(settings.pskFile().get(), settings.username())
                : CertificateUpgrade.of(settings);
    }

    /**
     * Makes the TLS handshake, right behind the server's acknowledgement of STARTTLS. Every byte that the server sent
     * behind it belongs to TLS, so that nothing may have been read ahead.
     *
     * @param plain taken over: closed with the result, and at once if this fails
     * @param readAhead how many bytes the caller holds that it read behind the acknowledgement; must be 0
     * @throws javax.net.ssl.SSLException if TLS cannot be made: bytes were injected in the clear, the handshake failed,
     *     the server is not trusted
     * @throws IOException if the wire fails
     */
    Transport upgrade(Transport plain, int readAhead) throws IOException;

    /** Makes the TLS handshake where nothing was read ahead. */
    default Transport upgrade(Transport plain) throws IOException {
        return upgrade(plain, 0);
    }
}
