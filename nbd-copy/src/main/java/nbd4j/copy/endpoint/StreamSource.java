// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.OptionalLong;
import nbd4j.model.BlockSizes;

/** A stream that is read from front to back: standard input, a FIFO, a character device. Its size shows at its end. */
final class StreamSource implements Source {
    private final String name;
    private final ReadableByteChannel channel;

    /** Wraps an open channel, which it keeps. */
    StreamSource(String name, ReadableByteChannel channel) {
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
    public void read(long offset, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
