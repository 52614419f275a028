// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.wire.Command;

/** The messages of one session: what was asked, of whom, and why it failed. Immutable; any thread enters. */
final class Wording {
    private final String name;

    Wording(String name) {
        this.name = name;
    }

    /** Returns the failure of a command by what ended the session. */
    NbdException failed(String what, Throwable cause) {
        String message = what + " failed: " + reason(cause);
        return switch (cause) {
            case NbdProtocolException e -> new NbdProtocolException(message, e);
            case NbdTimeoutException e -> new NbdTimeoutException(message, e);
            default -> new NbdDisconnectedException(message, cause);
        };
    }

    static String reason(Throwable cause) {
        if (cause instanceof ClosedByInterruptException) {
            return "the connection was closed, because a thread that used it was interrupted";
        }
        String message = cause.getMessage();
        return message == null ? cause.toString() : message;
    }

    /** Returns the failure of a command whose caller was interrupted too early; sets the interrupt flag. */
    InterruptedIOException interrupted(Command command, long offset, long length) {
        Thread.currentThread().interrupt();
        return new InterruptedIOException(describe(command, offset, length) + " was interrupted before it was sent");
    }

    /** Returns what was asked, for the start of a message. */
    String describe(Command command, long offset, long length) {
        return switch (command) {
            case FLUSH, DISC -> command.words() + " of " + name;
            case WRITE -> "write of " + length + " bytes at " + offset + " to " + name;
            case READ -> "read of " + length + " bytes at " + offset + " from " + name;
            case TRIM, CACHE, WRITE_ZEROES, BLOCK_STATUS ->
                command.words() + " of " + length + " bytes at " + offset + " of " + name;
        };
    }
}
