// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import org.jspecify.annotations.Nullable;

/**
 * One request that a client sent, and what became of it.
 *
 * @param connection which connection of the server, counted from 1
 * @param export its name
 * @param command what was asked, or null for an unknown command
 * @param flags command flags
 * @param offset bytes from the start
 * @param length bytes; under extended headers that of the payload, if there is one
 * @param order when it arrived: arrivals and replies of all connections are counted together, from 1
 * @param receivedNanos when it arrived, by {@link System#nanoTime()}
 * @param replyOrder when its reply was ready, on the same count as {@code order}; 0 if it is not
 * @param repliedNanos when its reply was ready, by {@link System#nanoTime()}; 0 if it is not
 * @param error what the reply said; 0 for success
 */
public record LoggedRequest(
        int connection,
        String export,
        @Nullable Command command,
        int flags,
        long offset,
        long length,
        long order,
        long receivedNanos,
        long replyOrder,
        long repliedNanos,
        int error) {
    /**
     * Answers whether the reply was ready.
     *
     * @return false while it is worked on, and for ever after a stall, a drop or DISC
     */
    public boolean replied() {
        return replyOrder > 0;
    }

    /**
     * Answers whether a command flag was set.
     *
     * @param flag such as {@link Command#FUA}
     * @return true if it was
     */
    public boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
