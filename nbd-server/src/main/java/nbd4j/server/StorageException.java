// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;

/** A storage refused a command with an error of its choice; any other {@link IOException} is sent as EIO. */
public final class StorageException extends IOException {
    private static final long serialVersionUID = 1;

    private final ErrorCode error;

    /**
     * Creates a refusal.
     *
     * @param error what the client is told
     * @param message what the client may show, at most 4096 bytes
     */
    public StorageException(ErrorCode error, String message) {
        super(message);
        this.error = error;
    }

    /**
     * Returns what the client is told.
     *
     * @return the error
     */
    public ErrorCode error() {
        return error;
    }
}
