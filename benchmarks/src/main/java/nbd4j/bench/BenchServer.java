// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.server.Command;
import nbd4j.server.ExportOptions;
import nbd4j.server.Fault;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.TlsPolicy;
import org.jspecify.annotations.Nullable;

/** A server to measure against: the embedded one in this JVM, or a real one beside it, on a Unix socket. */
public final class BenchServer implements AutoCloseable {
    private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Path folder = Files.createTempDirectory("nbd-bench");
    private final boolean tls;
    private @Nullable NbdServer embedded;
    private @Nullable Process process;

    private BenchServer(boolean tls) throws IOException {
        this.tls = tls;
    }

    /** Fills a file. */
    interface Filler {
        /** Writes what is to be in it. */
        void fill(FileChannel file) throws IOException;
    }

    /**
     * Starts a server with one export of memory; with qemu-nbd, of a sparse file.
     *
     * @param kind {@code embedded}, {@code nbdkit} or {@code qemu-nbd}
     * @param size bytes
     */
    public static BenchServer start(String kind, long size) throws Exception {
        return start(kind, size, Duration.ZERO, false);
    }

    /**
     * Starts a server with one export of memory.
     *
     * @param readDelay what each read takes longer; not with qemu-nbd, which cannot
     * @param tls whether connections must be encrypted
     */
    public static BenchServer start(String kind, long size, Duration readDelay, boolean tls) throws Exception {
        var server = new BenchServer(tls);
        if (kind.equals("embedded")) {
            server.embed(ExportOptions.of("", MemoryStorage.of(size)));
            if (server.embedded != null && readDelay.isPositive()) {
                server.embedded.faults().add(Fault.on(Command.READ).delay(readDelay));
            }
        } else if (kind.equals("nbdkit")) {
            List<String> command = server.nbdkit();
            if (readDelay.isPositive()) {
                command.addAll(List.of("-t", "64", "--filter=delay"));
            }
            command.addAll(List.of("memory", Long.toString(size)));
            if (readDelay.isPositive()) {
                command.add("rdelay=" + readDelay.toMillis() + "ms");
            }
            server.run(command);
        } else if (readDelay.isPositive()) {
            throw new IllegalArgumentException(
                    "server '" + kind + "' cannot be slow on purpose: take embedded or nbdkit");
        } else {
            server.serveFile(kind, size, file -> {});
        }
        return server;
    }

    /** Starts the embedded server with one export. */
    public static BenchServer embedded(ExportOptions export) throws Exception {
        var server = new BenchServer(false);
        server.embed(export);
        return server;
    }

    /**
     * Starts a real server with a file.
     *
     * @param kind {@code nbdkit} or {@code qemu-nbd}
     * @param size bytes of the file, which is a hole that the filler writes into
     */
    static BenchServer ofFile(String kind, long size, Filler filler) throws Exception {
        var server = new BenchServer(false);
        server.serveFile(kind, size, filler);
        return server;
    }

    private void embed(ExportOptions export) throws IOException, InterruptedException, GeneralSecurityException {
        ServerOptions options = ServerOptions.defaults().withUnix(socket()).withExport(export);
        if (tls) {
            options = options.withTls(TlsPolicy.required(Certificates.server(Certificates.make(pki()))));
        }
        embedded = NbdServer.start(options);
    }

    private void serveFile(String kind, long size, Filler filler) throws IOException, InterruptedException {
        Path disk = folder.resolve("disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(size);
            filler.fill(file.getChannel());
        }
        List<String> command;
        if (kind.equals("nbdkit")) {
            command = nbdkit();
            command.addAll(List.of("file", disk.toString()));
        } else if (kind.equals("qemu-nbd")) {
            command = new ArrayList<>(List.of("qemu-nbd", "-t", "-e", "16", "-f", "raw", "-k", socket().toString()));
            if (tls) {
                Certificates.make(pki());
                command.addAll(List.of(
                        "--object",
                        "tls-creds-x509,id=tls,endpoint=server,verify-peer=no,dir=" + pki(),
                        "--tls-creds",
                        "tls"));
            }
            command.add(disk.toString());
        } else {
            throw new IllegalArgumentException("server '" + kind + "' is not embedded, nbdkit or qemu-nbd");
        }
        run(command);
    }

    private List<String> nbdkit() throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("nbdkit", "-f", "--exit-with-parent", "-U", socket().toString()));
        if (tls) {
            command.addAll(List.of("--tls=require", "--tls-certificates=" + Certificates.make(pki())));
        }
        return command;
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Path errors = folder.resolve("errors");
        Process started = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();
        process = started;
        long deadline = System.nanoTime() + START_LIMIT_NANOS;
        while (true) {
            try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(socket()));
                return;
            } catch (IOException e) {
                if (!started.isAlive() || System.nanoTime() > deadline) {
                    started.destroyForcibly();
                    throw new IOException(
                            "did not start: %s: %s".formatted(String.join(" ", command), Files.readString(errors)), e);
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }

    private Path socket() {
        return folder.resolve("socket");
    }

    private Path pki() {
        return folder.resolve("pki");
    }

    /** Returns the URI of its export. */
    public String uri() {
        return tls
                ? "nbds+unix:///?socket=%s&tls-certificates=%s&tls-hostname=%s"
                        .formatted(socket(), pki(), Certificates.NAME)
                : "nbd+unix:///?socket=" + socket();
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
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
