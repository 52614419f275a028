// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Random;

/** A file of which every read and write does only a part, of random length, as POSIX allows. */
final class ShortChannel extends FileChannel {
    private final FileChannel file;
    private final Random random;
    private int parts;

    ShortChannel(FileChannel file, long seed) {
        this.file = file;
        this.random = new Random(seed);
    }

    /** Returns how many reads and writes did only a part. */
    int parts() {
        return parts;
    }

    private interface Transfer {
        int of(ByteBuffer buffer) throws IOException;
    }

    private int part(ByteBuffer buffer, Transfer transfer) throws IOException {
        if (!buffer.hasRemaining()) {
            return transfer.of(buffer);
        }
        int limit = buffer.limit();
        buffer.limit(buffer.position() + 1 + random.nextInt(buffer.remaining()));
        parts += buffer.limit() < limit ? 1 : 0;
        try {
            return transfer.of(buffer);
        } finally {
            buffer.limit(limit);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return part(into, file::read);
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
        return part(into, buffer -> file.read(buffer, position));
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        return part(from, file::write);
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
        return part(from, buffer -> file.write(buffer, position));
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) throws IOException {
        return file.read(into, offset, length);
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) throws IOException {
        return file.write(from, offset, length);
    }

    @Override
    public long position() throws IOException {
        return file.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
        return file.position(position);
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        return file.truncate(size);
    }

    @Override
    public void force(boolean metaData) throws IOException {
        file.force(metaData);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return file.transferTo(position, count, target);
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
        return file.transferFrom(source, position, count);
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
        return file.map(mode, position, size);
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
        return file.lock(position, size, shared);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return file.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        file.close();
    }
}
