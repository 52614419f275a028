// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/** A limit of time was reached: for connecting, for the handshake, for a request, or for silence. */
public final class NbdTimeoutException extends NbdException {
    private static final long serialVersionUID = 1L;

    /** Creates a timeout, with a message that names the limit and where things stood. */
    public NbdTimeoutException(String message) {
        super(message);
    }

    /** Creates the failure of a command by a timeout that was found elsewhere. */
    public NbdTimeoutException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean retryable() {
        return true;
    }
}
