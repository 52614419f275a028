// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.io.IOException;

/**
 * Something went wrong between this client and an NBD server. The subclasses tell what survives.
 *
 * <ul>
 *   <li>{@link NbdCommandException}: one command failed; the connection is good.
 *   <li>{@link NbdNegotiationException}: the server refused an option; no connection was made.
 *   <li>{@link NbdProtocolException}: the server broke the rules; the connection was closed.
 *   <li>{@link NbdDisconnectedException}: the wire is gone, or the connection was closed on this side.
 *   <li>{@link NbdTimeoutException}: a limit of time was reached.
 *   <li>{@link NbdTlsException}: no secure connection could be made.
 * </ul>
 *
 * <p>Messages say what was asked, what was found and what is allowed. Text that came from the server is escaped by
 * {@link Printable}, so a message can be shown on a terminal or written to a log as it is.
 */
public abstract sealed class NbdException extends IOException
        permits NbdCommandException,
                NbdNegotiationException,
                NbdProtocolException,
                NbdDisconnectedException,
                NbdTimeoutException,
                NbdTlsException {
    private static final long serialVersionUID = 1L;

    NbdException(String message) {
        super(message);
    }

    NbdException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Returns whether the same request may succeed when it is sent again, on this connection or on a new one. False
     * where the answer would be the same: a refusal, a breach of the protocol, a lack of space.
     */
    public abstract boolean retryable();
}
