// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import nbd4j.copy.endpoint.EndpointException.Side;
import org.jspecify.annotations.Nullable;

/** Opens what a user named. Whoever opens an end closes it. */
public final class Endpoints {
    private Endpoints() {}

    /**
     * Opens the source of a copy.
     *
     * @throws EndpointException if it cannot be opened or is nothing to read from
     */
    public static Source source(Location location, EndpointOptions options) throws EndpointException {
        try {
            // No switch over types: see docs/decisions/launcher.md, "What a start must not touch".
            if (location instanceof Location.Uri(String uri)) {
                return NbdEndpoints.source(uri, options);
            }
            if (location instanceof Location.File(Path path)) {
                return localSource(path);
            }
            if (location instanceof Location.Standard) {
                return new StreamSource("standard input", standardInput());
            }
            throw new EndpointException(
                    Side.SOURCE,
                    location instanceof Location.Command(var words)
                            ? "starting a server is not supported: " + words
                            : "null: keeps nothing, so it cannot be read");
        } catch (IOException | IllegalArgumentException e) {
            throw failed(Side.SOURCE, e);
        }
    }

    /**
     * Opens the target of a copy. Nothing is changed yet, but that the partial file of a file is created.
     *
     * @throws EndpointException if it cannot be opened or is nothing to write to
     */
    public static Target target(Location location, EndpointOptions options) throws EndpointException {
        try {
            if (location instanceof Location.Uri(String uri)) {
                return NbdEndpoints.target(uri, options);
            }
            if (location instanceof Location.File(Path path)) {
                return localTarget(path, options);
            }
            if (location instanceof Location.Command(var words)) {
                throw new EndpointException(Side.TARGET, "starting a server is not supported: " + words);
            }
            return location instanceof Location.Standard
                    ? new StreamTarget("standard output", standardOutput())
                    : new NullTarget();
        } catch (IOException | IllegalArgumentException e) {
            throw failed(Side.TARGET, e);
        }
    }

    /** Returns a source that reads a stream from front to back; it keeps the channel. */
    public static Source source(String name, ReadableByteChannel channel) {
        return new StreamSource(name, channel);
    }

    /** Returns a target that writes a stream from front to back; it keeps the channel. */
    public static Target target(String name, WritableByteChannel channel) {
        return new StreamTarget(name, channel);
    }

    /**
     * Refuses to copy a local file or device onto itself, under whatever name. Two NBD ends are not compared: the same
     * export may stand on both sides, as tests of servers do, and is then rewritten with what it holds.
     *
     * @throws EndpointException if both are the same file
     */
    public static void requireDifferent(Location source, Location target) throws EndpointException {
        if (source instanceof Location.File(Path from) && target instanceof Location.File(Path to)) {
            Object key = key(Side.SOURCE, from);
            if (key != null && key.equals(key(Side.TARGET, to))) {
                throw new EndpointException(Side.TARGET, to + " is the source itself");
            }
        }
    }

    private static @Nullable Object key(Side side, Path path) throws EndpointException {
        try {
            return (side == Side.SOURCE ? LocalPath.ofSource(path) : LocalPath.ofTarget(path)).key();
        } catch (IOException e) {
            throw failed(side, e);
        }
    }

    private static Source localSource(Path path) throws IOException {
        LocalPath found = LocalPath.ofSource(path);
        if (found.kind() == LocalPath.Kind.STREAM) {
            return new StreamSource(path.toString(), FileChannel.open(path, StandardOpenOption.READ));
        }
        return FileSource.open(path);
    }

    private static Target localTarget(Path path, EndpointOptions options) throws IOException {
        LocalPath found = LocalPath.ofTarget(path);
        return switch (found.kind()) {
            case STREAM -> new StreamTarget(path.toString(), FileChannel.open(path, StandardOpenOption.WRITE));
            case BLOCK_DEVICE -> device(path);
            case MISSING, REGULAR ->
                options.inPlace() ? inPlace(path, found.kind()) : PartialFileTarget.create(path, options.keepPartial());
        };
    }

    private static Target device(Path path) throws IOException {
        Optional<Long> number = LocalPath.deviceNumber(path);
        if (number.isPresent()) {
            MountedDevices.ofThisMachine().requireUnused(path, number.get());
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
        try {
            return new FileTarget(path, channel, OptionalLong.of(channel.size()), false);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static Target inPlace(Path path, LocalPath.Kind kind) throws IOException {
        boolean fresh = kind == LocalPath.Kind.MISSING;
        FileChannel channel = FileChannel.open(
                path,
                Set.of(
                        fresh ? StandardOpenOption.CREATE_NEW : StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS));
        return new FileTarget(path, channel, OptionalLong.empty(), fresh);
    }

    private static FileChannel standardInput() {
        return new FileInputStream(FileDescriptor.in).getChannel();
    }

    private static FileChannel standardOutput() {
        return new FileOutputStream(FileDescriptor.out).getChannel();
    }

    private static EndpointException failed(Side side, Exception cause) {
        if (cause instanceof EndpointException known) {
            return known;
        }
        String message = switch (cause) {
            case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
            case NoSuchFileException e -> e.getFile() + ": no such file or directory";
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case FileSystemException e -> e.getClass().getSimpleName() + ": " + e.getFile();
            default -> String.valueOf(cause.getMessage());
        };
        return new EndpointException(side, message, cause);
    }
}
