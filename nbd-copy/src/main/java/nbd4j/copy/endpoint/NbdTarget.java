// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.model.BlockSizes;
import nbd4j.model.CommandFlag;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import nbd4j.pool.NbdPool;
import nbd4j.pool.Pipeline;
import nbd4j.pool.RetryPolicy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An NBD export that is written, over as many connections as its pool has.
 *
 * <p>Zeroes: WRITE_ZEROES with FAST_ZERO where the server offers it; without, once it said that it would not be fast;
 * not at all, once it refused that too. TRIM is never used, because what it leaves behind need not read as zeroes.
 */
final class NbdTarget implements Target {
    /** So many refusals in a row, and zeroes are written as data for good. */
    private static final int MOST_REFUSALS = 3;

    private static final Logger LOG = LoggerFactory.getLogger(NbdTarget.class);

    private final String name;
    private final NbdPool pool;
    private final int parallel;
    private final int pipelines;
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile boolean fastZero;

    /**
     * Wraps an open pool, which it keeps.
     *
     * @param parallel requests in flight that the pool takes
     * @param pipelines connections that it has, if all goes well
     */
    NbdTarget(String name, NbdPool pool, int parallel, int pipelines) {
        this.name = name;
        this.pool = pool;
        this.parallel = parallel;
        this.pipelines = pipelines;
        this.fastZero = canFastZero();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(pool.export().size());
    }

    @Override
    public BlockSizes blockSizes() {
        return pool.export().blockSizes();
    }

    @Override
    public int maximumParallel() {
        return parallel;
    }

    @Override
    public boolean canZero() {
        return pool.export().flags().canWriteZeroes();
    }

    @Override
    public boolean canFastZero() {
        return canZero() && pool.export().flags().canFastZero();
    }

    @Override
    public boolean canFlush() {
        return pool.export().flags().canFlush();
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        pool.write(offset, from, Set.of());
    }

    @Override
    public boolean zero(long offset, long length, ZeroMode mode) throws IOException {
        if (!canZero() || refusals.get() >= MOST_REFUSALS) {
            return false;
        }
        Set<CommandFlag> flags = flags(mode);
        if (fastZero && fastZero(offset, length, flags)) {
            return true;
        }
        try {
            pool.writeZeroes(offset, length, flags);
            refusals.set(0);
            return true;
        } catch (NbdCommandException e) {
            if (!mayWriteInstead(e.error())) {
                throw e;
            }
            if (refusals.incrementAndGet() == MOST_REFUSALS) {
                LOG.warn("{}: {}; from now on zeroes are written as data", name, e.getMessage());
            } else {
                LOG.warn("{}: {}; writing these zeroes as data", name, e.getMessage());
            }
            return false;
        }
    }

    /** Returns whether the server zeroed the range; false if it says that it would be as slow as writing. */
    private boolean fastZero(long offset, long length, Set<CommandFlag> flags) throws IOException {
        Set<CommandFlag> fast = EnumSet.of(CommandFlag.FAST_ZERO);
        fast.addAll(flags);
        try {
            pool.writeZeroes(offset, length, fast);
            return true;
        } catch (NbdCommandException e) {
            if (!mayWriteInstead(e.error())) {
                throw e;
            }
            LOG.debug("{}: {}; zeroing without asking for speed", name, e.getMessage());
            fastZero = false;
            return false;
        }
    }

    /** Whether writing may succeed where zeroing failed. Not where space, permission or the server itself is gone. */
    private static boolean mayWriteInstead(NbdError error) {
        return switch (error) {
            case ENOTSUP, EINVAL, EIO, EOVERFLOW -> true;
            case EPERM, ENOMEM, ENOSPC, ESHUTDOWN -> false;
        };
    }

    @Override
    public int pipelines() {
        return pipelines;
    }

    @Override
    public WritePipeline pipeline() {
        Pipeline pipeline = pool.pipeline();
        return new WritePipeline() {
            @Override
            public @Nullable Transfer tryWrite(long offset, ByteBuffer from) throws IOException {
                Pipeline.Reply reply = pipeline.tryWrite(offset, from);
                return reply == null ? null : reply::await;
            }

            @Override
            public @Nullable Transfer tryZero(long offset, long length, ZeroMode mode) throws IOException {
                if (!canZero() || refusals.get() > 0) {
                    return null;
                }
                Set<CommandFlag> flags = flags(mode);
                if (!fastZero) {
                    Pipeline.Reply reply = pipeline.tryWriteZeroes(offset, length, flags);
                    return reply == null ? null : reply::await;
                }
                flags.add(CommandFlag.FAST_ZERO);
                Pipeline.Reply reply = pipeline.tryWriteZeroes(offset, length, flags);
                return reply == null ? null : () -> awaitFast(reply);
            }

            @Override
            public void close() {
                pipeline.close();
            }
        };
    }

    /** Awaits a zeroing that was to be fast; after a refusal none is asked to be. */
    private void awaitFast(Pipeline.Reply reply) throws IOException {
        try {
            reply.await();
        } catch (NbdCommandException e) {
            fastZero &= !mayWriteInstead(e.error());
            throw e;
        }
    }

    private static Set<CommandFlag> flags(ZeroMode mode) {
        return mode == ZeroMode.ALLOCATE ? EnumSet.of(CommandFlag.NO_HOLE) : EnumSet.noneOf(CommandFlag.class);
    }

    @Override
    public void flush() throws IOException {
        pool.flush();
    }

    @Override
    public long lifetime() {
        return pool.lifetime();
    }

    @Override
    public boolean retryable(IOException failure) {
        return RetryPolicy.repeatable(failure);
    }

    @Override
    public long reconnects() {
        return pool.stats().lost();
    }

    @Override
    public void close() {
        pool.close();
    }
}
