// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/** TLS was wanted and could not be had: refused, not trusted, or failed. Nothing was sent in the clear instead. */
public final class NbdTlsException extends NbdException {
    private static final long serialVersionUID = 1L;

    /** Creates a failure of TLS. */
    public NbdTlsException(String message) {
        super(message);
    }

    /** Creates a failure of TLS with what the TLS library said. */
    public NbdTlsException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean retryable() {
        return false;
    }
}
