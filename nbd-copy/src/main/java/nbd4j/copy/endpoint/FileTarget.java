// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.OptionalLong;
import nbd4j.model.BlockSizes;
import org.jspecify.annotations.Nullable;

/**
 * A file or block device that is written in place: what is there is overwritten piece by piece, and a copy that fails
 * leaves a mixture behind. Java can neither punch nor allocate, so zeroes are written.
 */
final class FileTarget implements Target {
    private final Path path;
    private final FileChannel channel;
    private final OptionalLong capacity;
    private final boolean zeroAlready;
    private volatile @Nullable DirectFile direct;

    /**
     * Wraps an open channel, which it keeps.
     *
     * @param capacity what a device holds; nothing for a file, which grows and shrinks to what it is given
     * @param zeroAlready whether the file was empty, so that it is all holes once it has its size
     */
    FileTarget(Path path, FileChannel channel, OptionalLong capacity, boolean zeroAlready) {
        this.path = path;
        this.channel = channel;
        this.capacity = capacity;
        this.zeroAlready = zeroAlready;
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public OptionalLong size() {
        return capacity;
    }

    @Override
    public BlockSizes blockSizes() {
        return LocalSizes.ANY;
    }

    @Override
    public int maximumParallel() {
        return LocalSizes.parallel();
    }

    @Override
    public int bestWrite(boolean durable) {
        return durable ? DirectFile.BEST_WRITE : 0;
    }

    @Override
    public boolean canFlush() {
        return true;
    }

    @Override
    public boolean isZeroAlready() {
        return zeroAlready;
    }

    @Override
    public void expectFlush() {
        direct = DirectFile.open(path, channel);
    }

    @Override
    public void begin(OptionalLong size) throws IOException {
        if (capacity.isEmpty() && size.isPresent()) {
            setSize(size.getAsLong());
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        DirectFile past = direct;
        long position = offset;
        while (from.hasRemaining()) {
            try {
                int written = past == null ? 0 : past.write(from, position);
                position += written > 0 ? written : channel.write(from, position);
            } catch (IOException e) {
                throw named("write of %d bytes at %d".formatted(from.remaining(), position), e);
            }
        }
    }

    @Override
    public boolean zero(long offset, long length, ZeroMode mode) {
        return false;
    }

    @Override
    public void flush() throws IOException {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw named("fsync of what was written", e);
        }
    }

    @Override
    public void finish(long size) throws IOException {
        if (capacity.isEmpty() && channel.size() != size) {
            setSize(size);
            flush();
        }
    }

    @Override
    public void close() throws IOException {
        try (DirectFile opened = direct) {
            channel.close();
        }
    }

    /** Makes the file this long: cuts it, or leaves a hole behind what it has. */
    private void setSize(long size) throws IOException {
        channel.truncate(size);
        if (channel.size() < size) {
            write(size - 1, ByteBuffer.allocate(1));
        }
    }

    private IOException named(String what, IOException cause) {
        return new IOException("%s to %s failed: %s".formatted(what, path, cause.getMessage()), cause);
    }
}
