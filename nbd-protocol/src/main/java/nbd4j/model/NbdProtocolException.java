// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * The server broke a rule of the protocol. The connection was closed, since nothing that follows can be trusted; every
 * command in flight and every later one fails with this exception.
 */
public final class NbdProtocolException extends NbdException {
    private static final long serialVersionUID = 1L;

    /** Creates a breach, with a message that says what was found and what is allowed. */
    public NbdProtocolException(String message) {
        super(message);
    }

    /** Creates the failure of a command by a breach that was found elsewhere. */
    public NbdProtocolException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean retryable() {
        return false;
    }
}
