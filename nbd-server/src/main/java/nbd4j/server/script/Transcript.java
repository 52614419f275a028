// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

import org.jspecify.annotations.Nullable;

/**
 * What one client did.
 *
 * @param received the first mebibyte that it sent, in hex without spaces; over TLS what it sent before encryption
 * @param receivedCount how many bytes it sent in all
 * @param ending how its bytes ended
 * @param failure why the script did not come to its end, or null
 */
public record Transcript(
        String received,
        long receivedCount,
        Ending ending,
        @Nullable Throwable failure) {
    /** How a client's bytes ended. */
    public enum Ending {
        /** The client closed in order. */
        CLOSED,
        /** The client closed with data unread, or the connection broke. */
        RESET,
        /** The script ended the connection first, or the client was silent to the limit. */
        OPEN
    }

    /**
     * Answers whether the client sent some bytes anywhere.
     *
     * @param hex what to look for; spaces do not matter
     * @return true if they are in the part that is kept
     */
    public boolean contains(String hex) {
        return received.contains(hex.replace(" ", ""));
    }

    /**
     * Answers whether some bytes were the last that the client sent.
     *
     * @param hex what to look for; spaces do not matter
     * @return true if they are at the end, and all was kept
     */
    public boolean endsWith(String hex) {
        return receivedCount * 2 == received.length() && received.endsWith(hex.replace(" ", ""));
    }
}
