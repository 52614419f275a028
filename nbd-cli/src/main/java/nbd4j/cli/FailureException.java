// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;

/** The command failed for a reason that is known in full: one line for the user, and the exit code to end with. */
final class FailureException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    FailureException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    FailureException(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
