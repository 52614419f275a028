// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * The server answered one command with an error. The connection is still good; other commands in flight are not
 * affected. (After {@link NbdError#ESHUTDOWN} the connection takes no new commands and closes by itself.)
 *
 * <p>Source: proto.md, "Error values", "Structured reply types".
 */
public final class NbdCommandException extends NbdException {
    private static final long serialVersionUID = 1L;

    private final long errorValue;
    private final String serverText;
    private final long errorOffset;

    /**
     * Creates the failure of one command.
     *
     * @param what the command in words, such as {@code read of 4096 bytes at 1048576 from nbd://h/disk}
     * @param errorValue the error as sent, unsigned 32 bits, not 0
     * @param serverText the server's own words, escaped; empty if it sent none
     * @param errorOffset where the error happened, in bytes from the start of the export; -1 if the server did not say
     */
    public NbdCommandException(String what, long errorValue, String serverText, long errorOffset) {
        super(what + " failed: " + NbdError.describe(errorValue)
                + (errorOffset < 0 ? "" : " at offset " + errorOffset)
                + (serverText.isEmpty() ? "" : ": " + serverText));
        this.errorValue = errorValue;
        this.serverText = serverText;
        this.errorOffset = errorOffset;
    }

    /** Returns the error to act on; a value that the specification does not name is {@link NbdError#EINVAL}. */
    public NbdError error() {
        return NbdError.of(errorValue);
    }

    /** Returns the error as sent, unsigned 32 bits. */
    public long errorValue() {
        return errorValue;
    }

    /** Returns the server's own words, escaped. */
    public Optional<String> serverText() {
        return serverText.isEmpty() ? Optional.empty() : Optional.of(serverText);
    }

    /** Returns the offset in the export, in bytes, at which the server says the error happened. */
    public OptionalLong errorOffset() {
        return errorOffset < 0 ? OptionalLong.empty() : OptionalLong.of(errorOffset);
    }

    @Override
    public boolean retryable() {
        return error().retryable();
    }
}
