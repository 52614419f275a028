// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A raw disk image in a file, or a block device.
 *
 * <p>Java can neither ask a file system for holes nor punch them. So zeroing writes zeroes, except where the range is
 * known to be zero, trim does nothing, and FAST_ZERO succeeds only on what is known to be zero. A file made by
 * {@link #create} is known to be zero at first and stays sparse. For the rest, block status reads what it is asked
 * about, at most 16 MiB at a time, reports runs of 64 KiB and more of zeroes as such, and remembers them until they are
 * written; after that reads send them as holes. Flush forces the file to its disk.
 */
public final class FileStorage implements Storage {
    /** Zeroes are looked for in blocks of this size, bytes. */
    private static final int BLOCK = 64 << 10;
    /** Most bytes that one question about block status reads. */
    private static final long SCAN_LIMIT = 16 << 20;

    private final FileChannel channel;
    private final Path path;
    private final long size;
    private final boolean readOnly;
    private final ReentrantLock lock = new ReentrantLock();
    /** What reads as zeroes for sure. Guarded by lock. */
    private final RangeSet zeroes = new RangeSet();
    /** Changes with every write, so that a scan notices one. Guarded by lock. */
    private long writeCount;

    private FileStorage(Path path, FileChannel channel, boolean readOnly) throws IOException {
        this.path = path;
        this.channel = channel;
        this.readOnly = readOnly;
        size = channel.size();
    }

    /**
     * Opens a file to read and write.
     *
     * @param path an existing file or block device
     * @return the disk, with the size the file has now; the caller closes it
     * @throws IOException if it cannot be opened
     */
    public static FileStorage open(Path path) throws IOException {
        return open(path, false, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /**
     * Opens a file to read only.
     *
     * @param path an existing file or block device
     * @return the disk, with the size the file has now; the caller closes it
     * @throws IOException if it cannot be opened
     */
    public static FileStorage openReadOnly(Path path) throws IOException {
        return open(path, true, StandardOpenOption.READ);
    }

    /**
     * Makes a file that is one hole.
     *
     * @param path where; nothing may be there yet
     * @param size bytes
     * @return the disk; the caller closes it
     * @throws IOException if it cannot be made
     */
    public static FileStorage create(Path path, long size) throws IOException {
        if (size < 0) {
            throw new IllegalArgumentException("file of " + size + " bytes, allowed are 0 and more");
        }
        try (var made = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            if (size > 0) {
                made.write(ByteBuffer.allocate(1), size - 1);
            }
        }
        var storage = open(path);
        if (size > 0) {
            storage.zeroes.add(0, size);
        }
        return storage;
    }

    private static FileStorage open(Path path, boolean readOnly, OpenOption... how) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (Files.isDirectory(path)) {
            throw new IOException(path + " is a directory, allowed are files and block devices");
        }
        var channel = FileChannel.open(path, Set.of(how));
        try {
            return new FileStorage(path, channel, readOnly);
        } catch (IOException failed) {
            channel.close();
            throw failed;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int count = channel.read(into, at);
            if (count < 0) {
                throw new EOFException(path + " ends at " + at + ", its size was " + size);
            }
            at += count;
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        long length = from.remaining();
        try {
            writeBytes(offset, from);
        } finally {
            lock.lock();
            try {
                writeCount++;
                zeroes.remove(offset, length);
            } finally {
                lock.unlock();
            }
        }
    }

    private void writeBytes(long offset, ByteBuffer from) throws IOException {
        long at = offset;
        while (from.hasRemaining()) {
            at += channel.write(from, at);
        }
    }

    @Override
    public void flush() throws IOException {
        channel.force(false);
    }

    @Override
    public void zero(long offset, long length, ZeroMode mode) throws IOException {
        long at = offset;
        long end = offset + length;
        while (at < end) {
            // What is known to be zero may be a hole of the file, which KEEP_ALLOCATED must fill.
            var known = knownExtentAt(at, end - at);
            if (known.flags() == 0 || mode == ZeroMode.KEEP_ALLOCATED) {
                Zeroes.write(this, at, known.length());
            }
            at += known.length();
        }
        lock.lock();
        try {
            zeroes.add(offset, length);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean zeroesFast(long offset, long length) {
        var known = knownExtentAt(offset, length);
        return known.flags() != 0 && known.length() == length;
    }

    @Override
    public Extent knownExtentAt(long offset, long length) {
        lock.lock();
        try {
            long run = zeroes.run(offset, length);
            return zeroes.contains(offset) ? Extent.zero(run) : Extent.data(run);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Extent extentAt(long offset, long length) throws IOException {
        var known = knownExtentAt(offset, length);
        return known.flags() != 0 ? known : scan(offset, Math.min(known.length(), SCAN_LIMIT));
    }

    /** Reads on while blocks are zero, or are not, as the first one is. */
    private Extent scan(long offset, long length) throws IOException {
        long before = writeCount();
        var block = ByteBuffer.allocate(BLOCK);
        boolean zero = false;
        long run = 0;
        while (run < length) {
            int step = (int) Math.min(length - run, BLOCK - (offset + run) % BLOCK);
            read(offset + run, block.clear().limit(step));
            boolean same = Zeroes.isZero(block, 0, step);
            if (run == 0) {
                zero = same;
            } else if (same != zero) {
                break;
            }
            run += step;
        }
        if (!zero) {
            return Extent.data(run);
        }
        remember(offset, run, before);
        return Extent.zero(run);
    }

    private long writeCount() {
        lock.lock();
        try {
            return writeCount;
        } finally {
            lock.unlock();
        }
    }

    /** Keeps what a scan found, unless a write has ended since it began; one that ends later removes its range. */
    private void remember(long offset, long length, long before) {
        lock.lock();
        try {
            if (writeCount == before) {
                zeroes.add(offset, length);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean mayBlock() {
        return false;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
