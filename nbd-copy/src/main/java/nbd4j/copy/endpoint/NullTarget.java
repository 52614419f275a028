// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import nbd4j.model.BlockSizes;

/** Takes everything and keeps nothing, to measure or to check a source. */
final class NullTarget implements Target {
    /** Discarding takes no time, so the source alone decides. */
    private static final int PARALLEL = 1024;

    @Override
    public boolean forgets() {
        return true;
    }

    @Override
    public String name() {
        return "null:";
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.empty();
    }

    @Override
    public BlockSizes blockSizes() {
        return LocalSizes.ANY;
    }

    @Override
    public int maximumParallel() {
        return PARALLEL;
    }

    @Override
    public boolean canZero() {
        return true;
    }

    @Override
    public boolean canFastZero() {
        return true;
    }

    @Override
    public boolean canFlush() {
        return true;
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        from.position(from.limit());
    }

    @Override
    public boolean zero(long offset, long length, ZeroMode mode) {
        return true;
    }

    @Override
    public void flush() {
        // Nothing is kept, so nothing can be lost.
    }

    @Override
    public boolean keepsIncomplete() {
        return false;
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
