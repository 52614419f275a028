// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/** The command line cannot be followed as typed; nothing has been done yet. The message is one line for the user. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
