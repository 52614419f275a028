// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockStatus;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.Extent;
import nbd4j.model.ReadChunk;
import org.jspecify.annotations.Nullable;

/** Runs each call on a connection of the pool and repeats it as a policy says. Has no state of its own. */
final class PooledCalls implements SharedCalls {
    /** What a command without payload counts for when connections are compared. */
    static final long BYTES_WITHOUT_PAYLOAD = 4096;

    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    private final Roster roster;
    private final Turnstile turnstile;
    private final RetryPolicy policy;

    PooledCalls(Roster roster, Turnstile turnstile, RetryPolicy policy) {
        this.roster = roster;
        this.turnstile = turnstile;
        this.policy = policy;
    }

    @Override
    public Export export() {
        return roster.export;
    }

    @Override
    public void read(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        run(Need.SHARED, Command.READ, into.remaining(), offset, 0, into, flags);
    }

    @Override
    public List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        Command<List<ReadChunk>> command =
                (connection, at, length, buffer, with) -> connection.readChunks(at, buffer, with);
        return run(Need.SHARED, command, into.remaining(), offset, 0, into, flags);
    }

    @Override
    public void write(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException {
        run(Need.SHARED, Command.WRITE, from.remaining(), offset, 0, from, flags);
    }

    @Override
    public void writeZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException {
        run(Need.SHARED, Command.WRITE_ZEROES, BYTES_WITHOUT_PAYLOAD, offset, length, NONE, flags);
    }

    @Override
    public void trim(long offset, long length, Set<CommandFlag> flags) throws IOException {
        run(Need.SHARED, Command.TRIM, BYTES_WITHOUT_PAYLOAD, offset, length, NONE, flags);
    }

    @Override
    public void cache(long offset, long length) throws IOException {
        run(Need.SHARED, Command.CACHE, BYTES_WITHOUT_PAYLOAD, offset, length, NONE, Set.of());
    }

    @Override
    public List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags) throws IOException {
        Command<List<BlockStatus>> command =
                (connection, at, bytes, buffer, with) -> connection.blockStatus(at, bytes, with);
        return run(Need.SHARED, command, BYTES_WITHOUT_PAYLOAD, offset, length, NONE, flags);
    }

    @Override
    public List<Extent> extents(String context, long offset, long length) throws IOException {
        Command<List<Extent>> command =
                (connection, at, bytes, buffer, flags) -> connection.extents(context, at, bytes);
        return run(Need.SHARED, command, BYTES_WITHOUT_PAYLOAD, offset, length, NONE, Set.of());
    }

    @Override
    public long flush() throws IOException {
        run(Need.FLUSH, Command.FLUSH, BYTES_WITHOUT_PAYLOAD, 0, 0, NONE, Set.of());
        // If a new lifetime began meanwhile, then its number is right, too: no write before this call belongs to it.
        return roster.lifetimes.current();
    }

    @Override
    public long lifetime() {
        return roster.lifetimes.current();
    }

    private <R extends @Nullable Object> R run(
            Need need,
            Command<R> command,
            long bytes,
            long offset,
            long length,
            ByteBuffer buffer,
            Set<CommandFlag> flags)
            throws IOException {
        int position = buffer.position();
        long began = roster.now();
        IOException first = null;
        for (int attempts = 1; ; attempts++) {
            try {
                return once(need, command, bytes, offset, length, buffer, flags, began);
            } catch (IOException e) {
                long elapsed = roster.now() - began;
                boolean repeatable = RetryPolicy.repeatable(e, need == Need.FLUSH);
                long pause = repeatable
                        ? policy.pauseNanos(attempts, elapsed, roster.surroundings.random())
                        : RetryPolicy.NONE;
                if (first != null && !first.equals(e)) {
                    e.addSuppressed(first);
                }
                if (pause == RetryPolicy.NONE) {
                    throw e;
                }
                first = first == null ? e : first;
                buffer.position(position);
                turnstile.pause(pause);
            }
        }
    }

    private <R extends @Nullable Object> R once(
            Need need,
            Command<R> command,
            long bytes,
            long offset,
            long length,
            ByteBuffer buffer,
            Set<CommandFlag> flags,
            long callBegan)
            throws IOException {
        Live live = turnstile.take(need, bytes, waitNanos(callBegan));
        long began = roster.now();
        Throwable failure = null;
        try {
            return command.on(live.connection, offset, length, buffer, flags);
        } catch (Throwable e) { // thrown on; it is only looked at
            failure = e;
            throw e;
        } finally {
            turnstile.giveBack(live, need, bytes, began, failure);
        }
    }

    private long waitNanos(long callBegan) {
        long limit = roster.options.waitLimit().toNanos();
        if (policy.budget().isZero()) {
            return limit;
        }
        return Math.min(limit, policy.budget().toNanos() - (roster.now() - callBegan));
    }
}
