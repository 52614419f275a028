// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import nbd4j.model.BlockSizes;

/**
 * A regular file or block device that is read. Java cannot ask where a file has holes, so holes are read; the search
 * for zeroes finds them again.
 */
final class FileSource implements Source {
    private final Path path;
    private final FileChannel channel;
    private final long size;

    FileSource(Path path, FileChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    static FileSource open(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new FileSource(path, channel, channel.size());
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(size);
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
    public void read(long offset, ByteBuffer into) throws IOException {
        long position = offset;
        while (into.hasRemaining()) {
            int count = channel.read(into, position);
            if (count < 0) {
                throw new EOFException("read of %d bytes at %d from %s found the end of the file; it was %d bytes long"
                        .formatted(into.remaining(), position, path, size));
            }
            position += count;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
