// SPDX-License-Identifier: Apache-2.0
package nbd4j.uri;

/**
 * How TLS finds out who the peer is, as the {@code tls-type} parameter of a URI names it.
 *
 * <p>Source: uri.md, "Query parameters".
 */
public enum TlsType {
    /** Nobody is authenticated. Never offered by this client; refused when connecting. */
    ANON("anon"),
    /** Certificates. */
    X509("x509"),
    /** A key that both sides were given beforehand. */
    PSK("psk");

    private final String parameter;

    TlsType(String parameter) {
        this.parameter = parameter;
    }

    /** Returns the value of the parameter in a URI. */
    public String parameter() {
        return parameter;
    }
}
