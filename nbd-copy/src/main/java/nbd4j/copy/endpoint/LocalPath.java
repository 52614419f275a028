// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind a local path: a regular file, a block device, something that is only a stream (FIFO, character
 * device), or nothing yet.
 *
 * @param path as given
 * @param kind what it is
 * @param key what tells two files apart; null if it does not exist or the platform has none
 */
record LocalPath(Path path, Kind kind, @Nullable Object key) {
    private static final int TYPE_MASK = 0xF000;
    private static final int TYPE_BLOCK = 0x6000;
    private static final int TYPE_CHARACTER = 0x2000;
    private static final int TYPE_FIFO = 0x1000;
    private static final int TYPE_SOCKET = 0xC000;

    enum Kind {
        MISSING,
        REGULAR,
        BLOCK_DEVICE,
        STREAM
    }

    /** Looks at a source, following symbolic links. */
    static LocalPath ofSource(Path path) throws IOException {
        LocalPath found = look(path);
        if (found.kind == Kind.MISSING) {
            throw new NoSuchFileException(path.toString(), null, "the source does not exist");
        }
        return found;
    }

    /**
     * Looks at a target. A symbolic link is refused, because writing would change some other file than the one that was
     * named; only links under /dev, as udev makes them for devices, are followed.
     */
    static LocalPath ofTarget(Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            Path absolute = path.toAbsolutePath().normalize();
            if (!absolute.startsWith("/dev")) {
                throw new FileSystemException(
                        path.toString(),
                        null,
                        "is a symbolic link to " + Files.readSymbolicLink(path)
                                + ", which is not followed; name the file itself");
            }
            LocalPath found = look(path);
            if (found.kind == Kind.REGULAR || found.kind == Kind.MISSING) {
                throw new FileSystemException(
                        path.toString(), null, "is a symbolic link that does not lead to a device");
            }
            return found;
        }
        return look(path);
    }

    /** Returns the file's device number, for block devices on Unix. */
    static Optional<Long> deviceNumber(Path path) throws IOException {
        if (!hasUnixAttributes(path)) {
            return Optional.empty();
        }
        return Optional.of(((Number) Files.getAttribute(path, "unix:rdev")).longValue());
    }

    private static LocalPath look(Path path) throws IOException {
        if (!Files.exists(path)) {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileSystemException(path.toString(), null, "is a symbolic link that leads nowhere");
            }
            return new LocalPath(path, Kind.MISSING, null);
        }
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (attributes.isDirectory()) {
            throw new FileSystemException(path.toString(), null, "is a directory, not a disk");
        }
        if (attributes.isRegularFile()) {
            return new LocalPath(path, Kind.REGULAR, attributes.fileKey());
        }
        int type = hasUnixAttributes(path) ? (int) Files.getAttribute(path, "unix:mode") & TYPE_MASK : 0;
        return switch (type) {
            case TYPE_BLOCK -> new LocalPath(path, Kind.BLOCK_DEVICE, attributes.fileKey());
            case TYPE_CHARACTER, TYPE_FIFO -> new LocalPath(path, Kind.STREAM, attributes.fileKey());
            case TYPE_SOCKET ->
                throw new FileSystemException(
                        path.toString(),
                        null,
                        "is a socket; to reach a server behind it use nbd+unix:///?socket=" + path);
            default -> throw new FileSystemException(path.toString(), null, "is neither a file nor a device");
        };
    }

    private static boolean hasUnixAttributes(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }
}
