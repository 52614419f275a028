// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.OptionalLong;
import nbd4j.model.BlockSizes;

/**
 * A stream that is written from front to back: standard output, a FIFO, a character device. It has nothing to flush:
 * what was written is the reader's.
 */
final class StreamTarget implements Target {
    private final String name;
    private final WritableByteChannel channel;

    /** Wraps an open channel, which it keeps. */
    StreamTarget(String name, WritableByteChannel channel) {
        this.name = name;
        this.channel = channel;
    }

    @Override
    public String name() {
        return name;
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
        return 1;
    }

    @Override
    public boolean sequential() {
        return true;
    }

    @Override
    public boolean canFlush() {
        return false;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        try {
            while (from.hasRemaining()) {
                channel.write(from);
            }
        } catch (IOException e) {
            throw new IOException(
                    "write of %d bytes at %d to %s failed: %s"
                            .formatted(from.remaining(), offset, name, e.getMessage()),
                    e);
        }
    }

    @Override
    public boolean zero(long offset, long length, ZeroMode mode) {
        return false;
    }

    @Override
    public void flush() {
        throw new IllegalStateException("a stream cannot be flushed");
    }

    @Override
    public boolean keepsIncomplete() {
        return false;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
