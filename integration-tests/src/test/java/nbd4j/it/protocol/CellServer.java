// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import nbd4j.it.LocalProcesses;
import nbd4j.it.RunningServer;
import nbd4j.it.ServerCommand;
import nbd4j.it.ServerProvider;
import nbd4j.it.protocol.Via.Security;
import nbd4j.server.ExportOptions;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.TlsPolicy;
import nbd4j.uri.NbdUri;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * The server of the cell that is tested now; the one before is ended when another is asked for. Put it in a static field
 * with {@code @RegisterExtension}. Used from JUnit's one thread.
 *
 * <p>Keys are made and a cell's server is started before its first test begins, so that the time for it is not the
 * test's.
 */
final class CellServer implements BeforeEachCallback, AfterAllCallback, TestExecutionExceptionHandler {
    /** The size of every export: sparse, and more than 32 bits can count. */
    static final long SIZE = 8L << 30;

    /** The export's name where the server has names. */
    private static final String NAME = "disk";

    private @Nullable ServerProvider local;
    private @Nullable ServerProvider trixie;
    private @Nullable Keys keys;
    private @Nullable Cell current;
    private @Nullable NbdUri uri;
    private @Nullable AutoCloseable server;
    private int number;

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        keys();
        if (context.getRequiredTestInstance() instanceof MatrixContract test) {
            test.uri();
        }
    }

    /** Returns the URI of the export, which is empty when a cell is asked for after another. */
    NbdUri uri(Cell cell) {
        NbdUri known = uri;
        if (known != null && cell.equals(current)) {
            return known;
        }
        try {
            end();
            uri = start(cell);
            current = cell;
            return uri;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private NbdUri start(Cell cell) throws IOException, InterruptedException, GeneralSecurityException {
        return switch (cell.peer()) {
            case NBDKIT -> start(cell, local(), nbdkit(cell));
            case QEMU_7 -> start(cell, local(), qemu(cell, local().directory()));
            case QEMU_10 -> start(cell, trixie(), qemu(cell, trixie().directory()));
            case NBD_SERVER -> start(cell, local(), nbdServer(cell));
            case EMBEDDED -> embedded(cell);
        };
    }

    private NbdUri start(Cell cell, ServerProvider provider, ServerCommand command)
            throws IOException, InterruptedException {
        var running = provider.start(command, cell.via().listen());
        server = running;
        return cell.uri(running.uri().toString(), keys());
    }

    private ServerCommand nbdkit(Cell cell) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>();
        switch (cell.via().security()) {
            case NONE -> {}
            case X509 ->
                arguments.addAll(
                        List.of("--tls=require", "--tls-verify-peer", "--tls-certificates=" + keys().directory()));
            case PSK -> arguments.addAll(List.of("--tls=require", "--tls-psk=" + keys().pskFile()));
        }
        arguments.addAll(List.of("memory", Long.toString(SIZE)));
        return ServerCommand.nbdkit(arguments.toArray(String[]::new));
    }

    private ServerCommand qemu(Cell cell, Path directory) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("-t", "-e", "8", "-f", "raw", "--discard=unmap"));
        String credentials = "id=tls0,endpoint=server,dir=" + keys().directory();
        switch (cell.via().security()) {
            case NONE -> {}
            case X509 ->
                arguments.addAll(
                        List.of("--object", "tls-creds-x509,verify-peer=yes," + credentials, "--tls-creds", "tls0"));
            case PSK -> arguments.addAll(List.of("--object", "tls-creds-psk," + credentials, "--tls-creds", "tls0"));
        }
        arguments.add(sparseFile(directory).toString());
        return ServerCommand.qemuNbd(arguments.toArray(String[]::new));
    }

    private ServerCommand nbdServer(Cell cell) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>(List.of("allowlist = true"));
        if (cell.via().security() != Security.NONE) {
            Path directory = keys().directory();
            lines.add("force_tls = true");
            lines.add("certfile = " + directory.resolve("server-cert.pem"));
            lines.add("keyfile = " + directory.resolve("server-key.pem"));
            lines.add("cacertfile = " + directory.resolve("ca-cert.pem"));
        }
        lines.add("[" + NAME + "]");
        lines.add("exportname = " + sparseFile(local().directory()));
        lines.addAll(List.of("flush = true", "fua = true", "trim = true"));
        return new ServerCommand(ServerCommand.Kind.NBD_SERVER, lines, NAME);
    }

    private NbdUri embedded(Cell cell) throws IOException, InterruptedException, GeneralSecurityException {
        var options = ServerOptions.defaults().withExport(ExportOptions.of(NAME, MemoryStorage.of(SIZE)));
        if (cell.via().security() != Security.NONE) {
            options = options.withTls(TlsPolicy.required(keys().serverContext()).withClientCertificates());
        }
        options = switch (cell.via().listen()) {
            case TCP -> options.withTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            case UNIX -> options.withUnix(local().directory().resolve("embedded" + ++number + ".sock"));
        };
        var embedded = NbdServer.start(options);
        server = embedded;
        String plain = switch (cell.via().listen()) {
            case TCP -> "nbd://127.0.0.1:" + embedded.port() + "/" + NAME;
            case UNIX -> embedded.unixUri(NAME).toString().replaceFirst("^nbds", "nbd");
        };
        return cell.uri(plain, keys());
    }

    private Path sparseFile(Path directory) throws IOException {
        Path file = directory.resolve("cell" + ++number + ".img");
        try (var disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(SIZE);
        }
        return file;
    }

    private Keys keys() throws IOException, InterruptedException {
        Keys made = keys;
        if (made == null) {
            // Another folder each time: making them may have failed half-way before.
            made = Keys.make(Files.createTempDirectory(local().directory(), "keys"));
            keys = made;
        }
        return made;
    }

    private ServerProvider local() throws IOException {
        ServerProvider opened = local;
        if (opened == null) {
            opened = LocalProcesses.ofThisMachine();
            local = opened;
        }
        return opened;
    }

    private ServerProvider trixie() throws IOException {
        ServerProvider opened = trixie;
        if (opened == null) {
            opened = LocalProcesses.ofTrixie();
            trixie = opened;
        }
        return opened;
    }

    private void end() {
        AutoCloseable running = server;
        server = null;
        current = null;
        if (running == null) {
            return;
        }
        try {
            running.close();
        } catch (Exception e) {
            throw new IllegalStateException("cannot end the server", e);
        }
    }

    /** Adds what the server printed to every failure. */
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        if (server instanceof RunningServer running) {
            failure.addSuppressed(new AssertionError("the server printed: " + running.log()));
        }
        throw failure;
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        if (!context.getEnclosingTestClasses().isEmpty()) {
            return;
        }
        end();
        if (trixie != null) {
            trixie.close();
        }
        if (local != null) {
            local.close();
        }
    }
}
