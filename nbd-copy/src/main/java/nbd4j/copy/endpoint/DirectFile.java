// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is written past the kernel's cache ({@code O_DIRECT}): a copy that is to be durable waits for the disk in any
 * case, and an image that fills the cache pushes out what others need. What this cannot write is left to the ordinary
 * channel. What it pays is in docs/performance.md.
 *
 * <p>Safe for many threads, as the channel is.
 */
final class DirectFile implements AutoCloseable {
    /**
     * What is written is a multiple of this, in bytes, and begins at one. Smaller pieces are better gathered by the kernel
     * than written one by one; and no page of the cache, which has 64 KiB at the most, is written both ways, for which the
     * kernel might fail the flush.
     */
    static final int GRAIN = 64 << 10;
    /**
     * Bytes of a write that suits best. One that fills a hole has the file to itself until it is on the disk, and until the
     * next thread is awake the disk has nothing to do: fewer writes, fewer such moments. See docs/decisions/copy-engine.md.
     */
    static final int BEST_WRITE = 8 << 20;
    /** Buffers begin at a multiple of this, in bytes. */
    private static final int BUFFER_ALIGNMENT = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(DirectFile.class);

    private final FileChannel channel;
    /** Whether a write has succeeded, so that a failure is none of the way but of the disk. */
    private volatile boolean proven;

    private volatile boolean refused;

    private DirectFile(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Opens a file once more. Locks it against other processes until it is closed.
     *
     * @param path the file's name
     * @param ordinary the file, open
     * @return null where that is not possible
     */
    static @Nullable DirectFile open(Path path, FileChannel ordinary) {
        OpenOption direct = option();
        if (direct == null) {
            return null;
        }
        try {
            if (!isLocked(ordinary)) {
                return null;
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, direct);
            boolean fits = false;
            try {
                requireAlignment(channel);
                // Two open files of one name need not be the same file, but two that share a lock are.
                fits = isOverlapping(channel);
            } finally {
                if (!fits) {
                    channel.close();
                }
            }
            return fits ? new DirectFile(channel) : null;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("{}: cannot be written past the cache: {}", path, e.getMessage());
            return null;
        }
    }

    /**
     * Writes nothing, which the JDK refuses where it wants more alignment. It knows the file system's blocks from the open
     * file; {@code FileStore}, which would tell them too, does not work in a changed root.
     */
    private static void requireAlignment(FileChannel channel) throws IOException {
        ByteBuffer nothing = ByteBuffer.allocateDirect(2 * GRAIN).alignedSlice(GRAIN);
        int written = channel.write(nothing.position(BUFFER_ALIGNMENT).limit(BUFFER_ALIGNMENT), GRAIN);
        if (written != 0) {
            throw new IOException("wrote %d bytes where there were none".formatted(written));
        }
    }

    /** Locks a file; returns false if another process has. */
    private static boolean isLocked(FileChannel ordinary) throws IOException {
        return isOverlapping(ordinary) || ordinary.tryLock() != null;
    }

    /** Returns whether this process has locked the file by another channel, or this one. */
    private static boolean isOverlapping(FileChannel channel) throws IOException {
        try (FileLock lock = channel.tryLock()) {
            return false;
        } catch (OverlappingFileLockException e) {
            return true;
        }
    }

    /** By reflection: javac warns of every use of {@code com.sun.nio.file}, which nothing can silence. */
    private static @Nullable OpenOption option() {
        try {
            return Arrays.stream(
                            Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
                    .map(OpenOption.class::cast)
                    .filter(each -> each.toString().equals("DIRECT"))
                    .findAny()
                    .orElse(null);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    /**
     * Writes as much of a buffer, from its position on, as has whole grains.
     *
     * @return the bytes written; none where the ordinary channel is to write
     * @throws IOException if the disk failed
     */
    int write(ByteBuffer from, long offset) throws IOException {
        int whole = from.remaining() & -GRAIN;
        if (refused
                || whole == 0
                || offset % GRAIN != 0
                || !from.isDirect()
                || from.alignmentOffset(from.position(), BUFFER_ALIGNMENT) != 0) {
            return 0;
        }
        int limit = from.limit();
        try {
            int written = channel.write(from.limit(from.position() + whole), offset);
            proven = true;
            return written;
        } catch (IOException e) {
            if (proven) {
                throw e;
            }
            // The ordinary channel finds out what is wrong.
            LOG.debug("cannot be written past the cache: {}", e.getMessage());
            refused = true;
            return 0;
        } finally {
            from.limit(limit);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
