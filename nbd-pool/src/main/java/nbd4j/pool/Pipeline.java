// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import nbd4j.client.PendingReply;
import nbd4j.model.CommandFlag;
import org.jspecify.annotations.Nullable;

/**
 * Requests of one thread that are in flight together. They keep to one connection while it lives and no other has fewer
 * pipelines, so that threads with a pipeline each do not wait for one another: the thread that waits reads its own
 * replies. Made by {@link NbdPool#pipeline}.
 *
 * <p>For the thread that made it. Every {@link Reply} must be awaited. Nothing is repeated here; a call of {@link
 * SharedCalls} with the same range is the way to go on after a failure.
 */
public final class Pipeline implements AutoCloseable {
    private final Roster roster;
    private final Turnstile turnstile;
    /** The connection that is kept to. Guarded by the pool's lock. */
    private @Nullable Live home;

    Pipeline(Roster roster, Turnstile turnstile) {
        this.roster = roster;
        this.turnstile = turnstile;
    }

    /** Sends a request to a connection. */
    @FunctionalInterface
    private interface Submission {
        @Nullable
        PendingReply to(PooledConnection connection) throws IOException;
    }

    /** What becomes of one request. */
    public final class Reply {
        private final PendingReply pending;
        private final Live live;
        private final long bytes;
        private final long began;

        private Reply(PendingReply pending, Live live, long bytes, long began) {
            this.pending = pending;
            this.live = live;
            this.bytes = bytes;
            this.began = began;
        }

        /**
         * Waits for the reply; to be called once, by the thread that sent the request.
         *
         * @throws IOException as the calls of {@link SharedCalls}
         */
        public void await() throws IOException {
            Throwable failure = null;
            try {
                pending.await();
            } catch (Throwable e) { // thrown on; it is only looked at
                failure = e;
                throw e;
            } finally {
                turnstile.giveBack(live, Need.SHARED, bytes, began, failure);
            }
        }
    }

    /**
     * Sends a read into what remains of a buffer.
     *
     * @param into at least one byte, at most the largest payload of the export
     * @return the reply to await, or null if no connection takes a request just now: await an earlier one first, or make
     *     the call that waits
     * @throws IOException if the connection died, or the pool is closed
     */
    public @Nullable Reply tryRead(long offset, ByteBuffer into) throws IOException {
        return submit(into.remaining(), connection -> connection.submitRead(offset, into));
    }

    /** Sends what remains of a buffer to be written. Else as {@link #tryRead}. */
    public @Nullable Reply tryWrite(long offset, ByteBuffer from) throws IOException {
        return submit(from.remaining(), connection -> connection.submitWrite(offset, from));
    }

    /**
     * Asks for a range to be zeroed. Else as {@link #tryRead}.
     *
     * @param length 1 byte to 1 GiB
     */
    public @Nullable Reply tryWriteZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException {
        return submit(
                PooledCalls.BYTES_WITHOUT_PAYLOAD, connection -> connection.submitWriteZeroes(offset, length, flags));
    }

    private @Nullable Reply submit(long bytes, Submission submission) throws IOException {
        Live live;
        roster.lock.lock();
        try {
            if (roster.ended()) {
                throw roster.endedFailure();
            }
            // Those who wait in the queue were here before.
            live = turnstile.waitingCount() > 0 ? null : roster.settleIn(home);
            home = live == null ? home : live;
            if (live == null) {
                return null;
            }
            roster.occupy(live, bytes);
        } finally {
            roster.lock.unlock();
        }
        long began = roster.now();
        PendingReply pending = null;
        Throwable failure = null;
        try {
            pending = submission.to(live.connection);
        } catch (Throwable e) { // thrown on; it is only looked at
            failure = e;
            throw e;
        } finally {
            if (failure != null) {
                turnstile.giveBack(live, Need.SHARED, bytes, began, failure);
            } else if (pending == null) {
                turnstile.withdraw(live, bytes);
            }
        }
        return pending == null ? null : new Reply(pending, live, bytes, began);
    }

    /** Leaves the connection to others. All replies have been awaited. Idempotent. */
    @Override
    public void close() {
        roster.lock.lock();
        try {
            if (home != null) {
                home.pipelines--;
                home = null;
            }
        } finally {
            roster.lock.unlock();
        }
    }
}
