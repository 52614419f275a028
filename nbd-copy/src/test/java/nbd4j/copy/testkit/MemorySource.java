// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import nbd4j.copy.endpoint.Source;
import nbd4j.model.BlockSizes;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;

/** A source in memory that logs what it is asked and fails on script. */
public final class MemorySource implements Source {
    /** Called before each read and extents; throws to fail it. */
    public interface Script {
        void before(String call, long offset, long length) throws IOException;
    }

    private final byte[] content;
    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    private BlockSizes sizes = BlockSizes.UNADVERTISED;
    private boolean extents = true;
    private int parallel = 8;
    private Script script = (call, offset, length) -> {};

    public MemorySource(byte[] content) {
        this.content = content;
    }

    public MemorySource withSizes(BlockSizes sizes) {
        this.sizes = sizes;
        return this;
    }

    public MemorySource withoutExtents() {
        this.extents = false;
        return this;
    }

    public MemorySource withParallel(int parallel) {
        this.parallel = parallel;
        return this;
    }

    public MemorySource withScript(Script script) {
        this.script = script;
        return this;
    }

    /** Returns the calls so far, such as {@code read 0 4096}, in the order of their beginning. */
    public List<String> log() {
        return new ArrayList<>(log);
    }

    @Override
    public String name() {
        return "memory source";
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(content.length);
    }

    @Override
    public BlockSizes blockSizes() {
        return sizes;
    }

    @Override
    public int maximumParallel() {
        return parallel;
    }

    @Override
    public boolean canExtents() {
        return extents;
    }

    @Override
    public List<Extent> extents(long offset, long length) throws IOException {
        log.add("extents " + offset + " " + length);
        script.before("extents", offset, length);
        List<Extent> answer = new ArrayList<>();
        for (long at = offset; at < offset + length; ) {
            boolean zero = content[(int) at] == 0;
            long end = at;
            while (end < offset + length && (content[(int) end] == 0) == zero) {
                end++;
            }
            answer.add(new Extent(at, end - at, zero ? MetaContext.STATE_ZERO | MetaContext.STATE_HOLE : 0));
            at = end;
        }
        return answer;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        int length = into.remaining();
        log.add("read " + offset + " " + length);
        script.before("read", offset, length);
        if (offset % sizes.minimum() != 0 || length % sizes.minimum() != 0 || length > sizes.maximumPayload()) {
            throw new IOException("read of %d at %d breaks %s".formatted(length, offset, sizes));
        }
        into.put(content, (int) offset, length);
    }

    @Override
    public void close() {}
}
