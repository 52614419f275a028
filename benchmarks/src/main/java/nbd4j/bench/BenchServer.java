// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.server.ExportOptions;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import org.jspecify.annotations.Nullable;

/** A server to measure against: the embedded one in this JVM, or a real one beside it, on a Unix socket. */
public final class BenchServer implements AutoCloseable {
    private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Path folder;
    private final @Nullable NbdServer embedded;
    private final @Nullable Process process;

    private BenchServer(Path folder, @Nullable NbdServer embedded, @Nullable Process process) {
        this.folder = folder;
        this.embedded = embedded;
        this.process = process;
    }

    /**
     * Starts a server with one export of memory.
     *
     * @param kind {@code embedded}, {@code nbdkit} or {@code qemu-nbd}
     * @param size bytes
     */
    public static BenchServer start(String kind, long size) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("nbd-bench");
        Path socket = folder.resolve("socket");
        return switch (kind) {
            case "embedded" -> embedded(folder, ExportOptions.of("", MemoryStorage.of(size)));
            case "nbdkit" ->
                process(
                        folder,
                        socket,
                        List.of(
                                "nbdkit",
                                "-f",
                                "--exit-with-parent",
                                "-U",
                                socket.toString(),
                                "memory",
                                Long.toString(size)));
            case "qemu-nbd" -> {
                Path disk = folder.resolve("disk");
                try (var file = new java.io.RandomAccessFile(disk.toFile(), "rw")) {
                    file.setLength(size);
                }
                yield process(
                        folder,
                        socket,
                        List.of("qemu-nbd", "-t", "-e", "16", "-f", "raw", "-k", socket.toString(), disk.toString()));
            }
            default -> throw new IllegalArgumentException("server '" + kind + "' is not embedded, nbdkit or qemu-nbd");
        };
    }

    /** Starts the embedded server with one export. */
    public static BenchServer embedded(Path folder, ExportOptions export) throws IOException {
        NbdServer server = NbdServer.start(
                ServerOptions.defaults().withUnix(folder.resolve("socket")).withExport(export));
        return new BenchServer(folder, server, null);
    }

    private static BenchServer process(Path folder, Path socket, List<String> command)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        long deadline = System.nanoTime() + START_LIMIT_NANOS;
        while (true) {
            try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return new BenchServer(folder, null, process);
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    process.destroyForcibly();
                    throw new IOException("did not start: " + String.join(" ", command), e);
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }

    /** Returns the URI of its export. */
    public String uri() {
        return "nbd+unix:///?socket=" + folder.resolve("socket");
    }

    @Override
    public void close() throws IOException {
        if (embedded != null) {
            embedded.close();
        }
        if (process != null) {
            process.destroy();
            process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        }
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
