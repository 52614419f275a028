// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/** The connection is gone: the server went away, the network failed, or it was closed on this side. */
public final class NbdDisconnectedException extends NbdException {
    private static final long serialVersionUID = 1L;

    /** Creates a loss of connection. */
    public NbdDisconnectedException(String message) {
        super(message);
    }

    /** Creates a loss of connection with what the operating system said. */
    public NbdDisconnectedException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean retryable() {
        return true;
    }
}
