// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.model.BlockSizes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A regular file that appears under its name only when it is finished. Until then its bytes are in {@code NAME.partial}
 * beside it, readable by the owner alone and locked against other processes.
 *
 * <p>The end of a copy is: fsync, rename over the name, fsync of the directory. An existing file is replaced in that
 * one step and keeps its permissions; a new one gets what the umask leaves. A copy that fails deletes the partial file,
 * unless it is to be kept. A partial file left behind by a killed copy (its lock is free) is overwritten.
 */
final class PartialFileTarget implements Target {
    /** What stands behind the name until the file is finished. */
    static final String SUFFIX = ".partial";

    private static final Logger LOG = LoggerFactory.getLogger(PartialFileTarget.class);

    private final Path path;
    private final Path partial;
    private final FileChannel channel;
    private final FileTarget file;
    private final boolean keepPartial;
    private final @Nullable Set<PosixFilePermission> permissions;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean finished; // guarded by lock
    private boolean closed; // guarded by lock

    private PartialFileTarget(
            Path path,
            Path partial,
            FileChannel channel,
            boolean keepPartial,
            @Nullable Set<PosixFilePermission> permissions) {
        this.path = path;
        this.partial = partial;
        this.channel = channel;
        this.keepPartial = keepPartial;
        this.permissions = permissions;
        this.file = new FileTarget(partial, channel, OptionalLong.empty(), true);
    }

    /**
     * Creates the partial file.
     *
     * @param path the name in the end
     * @param keepPartial whether a copy that fails leaves the partial file behind
     * @throws IOException if it cannot be created, or another process is writing it
     */
    static PartialFileTarget create(Path path, boolean keepPartial) throws IOException {
        Path partial = path.resolveSibling(path.getFileName() + SUFFIX);
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        Set<PosixFilePermission> permissions = posix ? finalPermissions(path) : null;
        Object before = key(partial);
        FileChannel channel = open(partial, posix);
        try {
            lock(partial, channel, before);
            channel.truncate(0);
            return new PartialFileTarget(path, partial, channel, keepPartial, permissions);
        } catch (IOException | RuntimeException e) {
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
        return OptionalLong.empty();
    }

    @Override
    public BlockSizes blockSizes() {
        return file.blockSizes();
    }

    @Override
    public int maximumParallel() {
        return file.maximumParallel();
    }

    @Override
    public int bestWrite(boolean durable) {
        return file.bestWrite(durable);
    }

    @Override
    public boolean canFlush() {
        return true;
    }

    @Override
    public boolean isZeroAlready() {
        return true;
    }

    @Override
    public void expectFlush() {
        file.expectFlush();
    }

    @Override
    public void begin(OptionalLong size) throws IOException {
        file.begin(size);
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        file.write(offset, from);
    }

    @Override
    public boolean zero(long offset, long length, ZeroMode mode) {
        return file.zero(offset, length, mode);
    }

    @Override
    public void flush() throws IOException {
        file.flush();
    }

    @Override
    public void finish(long size) throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("the target file " + path + " was closed before it was finished");
            }
            file.finish(size);
            if (permissions != null) {
                Files.setPosixFilePermissions(partial, permissions);
            }
            Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            finished = true;
        } finally {
            lock.unlock();
        }
        syncDirectory();
    }

    @Override
    public boolean keepsIncomplete() {
        return keepPartial;
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (!finished && !keepPartial) {
                Files.deleteIfExists(partial);
            }
        } finally {
            channel.close();
            lock.unlock();
        }
    }

    private static FileChannel open(Path partial, boolean posix) throws IOException {
        try {
            Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            if (!posix) {
                return FileChannel.open(partial, options);
            }
            return FileChannel.open(
                    partial,
                    options,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            BasicFileAttributes found =
                    Files.readAttributes(partial, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isRegularFile()) {
                throw new FileSystemException(
                        partial.toString(), null, "is in the way: the target is written there first");
            }
            return FileChannel.open(partial, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /**
     * Locks until the channel is closed, and makes sure that the locked file is still the one of that name: another copy
     * may have renamed it to its target, and truncating it would destroy a finished file.
     */
    private static void lock(Path partial, FileChannel channel, @Nullable Object before) throws IOException {
        FileLock held;
        try {
            held = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            held = null;
        }
        if (held == null) {
            throw new FileSystemException(partial.toString(), null, "is being written by another copy");
        }
        Object after = key(partial);
        if (after == null || (before != null && !before.equals(after))) {
            throw new FileSystemException(partial.toString(), null, "vanished: another copy ended just now; try again");
        }
    }

    /** Returns what tells the file from others of its name; null if there is none. */
    private static @Nullable Object key(Path partial) throws IOException {
        if (!Files.exists(partial, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        Object key = Files.readAttributes(partial, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
        return Objects.requireNonNullElse(key, partial);
    }

    private static Set<PosixFilePermission> finalPermissions(Path path) throws IOException {
        if (Files.exists(path)) {
            return Files.getPosixFilePermissions(path);
        }
        return Umask.ofThisProcess().newFile();
    }

    private void syncDirectory() throws IOException {
        Path directory = Objects.requireNonNullElse(path.toAbsolutePath().getParent(), Path.of("/"));
        if (Files.getFileAttributeView(directory, PosixFileAttributeView.class) == null) {
            LOG.debug("{}: no directory fsync on this platform", path);
            return;
        }
        try (FileChannel opened = FileChannel.open(directory, StandardOpenOption.READ)) {
            opened.force(true);
        }
    }
}
