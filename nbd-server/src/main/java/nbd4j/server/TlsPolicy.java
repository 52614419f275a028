// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import javax.net.ssl.SSLContext;

/**
 * How the server uses TLS.
 *
 * @param context the certificate, and the certificates of clients it trusts
 * @param required whether everything but STARTTLS is refused before TLS
 * @param clientCertificates whether clients must show a trusted certificate
 */
public record TlsPolicy(SSLContext context, boolean required, boolean clientCertificates) {
    /**
     * Lets each client choose.
     *
     * @param context the certificate
     * @return TLS for clients that ask for it
     */
    public static TlsPolicy optional(SSLContext context) {
        return new TlsPolicy(context, false, false);
    }

    /**
     * Refuses clients without TLS.
     *
     * @param context the certificate
     * @return TLS for all
     */
    public static TlsPolicy required(SSLContext context) {
        return new TlsPolicy(context, true, false);
    }

    /**
     * Refuses clients without a certificate that the context trusts.
     *
     * @return a copy
     */
    public TlsPolicy withClientCertificates() {
        return new TlsPolicy(context, required, true);
    }
}
