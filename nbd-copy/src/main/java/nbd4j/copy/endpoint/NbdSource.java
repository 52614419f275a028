// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.BlockSizes;
import nbd4j.model.BlockStatus;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import nbd4j.model.ReplyStyle;
import nbd4j.pool.NbdPool;
import nbd4j.pool.Pipeline;
import nbd4j.pool.RetryPolicy;
import org.jspecify.annotations.Nullable;

/** An NBD export that is read, over as many connections as its pool has. */
final class NbdSource implements Source {
    /**
     * Longest block status without extended headers. They could say 2^32-1, but that is no multiple of any block, and
     * some servers take lengths with the highest bit for negative ones.
     */
    private static final long LONGEST_NARROW = 1L << 30;
    /** Longest block status with extended headers; beyond it, less and less is saved. */
    private static final long LONGEST_WIDE = 1L << 36;

    private final String name;
    private final NbdPool pool;
    private final int parallel;
    private final int pipelines;

    /**
     * Wraps an open pool, which it keeps.
     *
     * @param parallel requests in flight that the pool takes
     * @param pipelines connections that it has, if all goes well
     */
    NbdSource(String name, NbdPool pool, int parallel, int pipelines) {
        this.name = name;
        this.pool = pool;
        this.parallel = parallel;
        this.pipelines = pipelines;
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
    public boolean canExtents() {
        return pool.export().hasContext(MetaContext.BASE_ALLOCATION);
    }

    @Override
    public long maximumExtents() {
        return pool.export().replyStyle() == ReplyStyle.EXTENDED ? LONGEST_WIDE : LONGEST_NARROW;
    }

    @Override
    public List<Extent> extents(long offset, long length) throws IOException {
        List<Extent> extents = new ArrayList<>();
        for (BlockStatus status : pool.blockStatus(offset, length, Set.of())) {
            if (status.context().name().equals(MetaContext.BASE_ALLOCATION)) {
                long at = offset;
                for (BlockDescriptor descriptor : status.descriptors()) {
                    extents.add(new Extent(at, descriptor.length(), descriptor.flags()));
                    at += descriptor.length();
                }
            }
        }
        return extents;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        pool.read(offset, into, Set.of());
    }

    @Override
    public int pipelines() {
        return pipelines;
    }

    @Override
    public ReadPipeline pipeline() {
        Pipeline pipeline = pool.pipeline();
        return new ReadPipeline() {
            @Override
            public @Nullable Transfer tryRead(long offset, ByteBuffer into) throws IOException {
                Pipeline.Reply reply = pipeline.tryRead(offset, into);
                return reply == null ? null : reply::await;
            }

            @Override
            public void close() {
                pipeline.close();
            }
        };
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
