// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Servers as processes of this machine, or of another root on it: Debian 13, which has newer servers.
 *
 * <p>Any thread may call it. Servers are started on one thread that never ends, since the kernel's "kill me when my
 * parent dies" means the thread that started them.
 */
public final class LocalProcesses implements ServerProvider {
    /** Where {@code .ci/trixie} puts the other root, unless {@code NBD4J_TRIXIE} names another place. */
    private static final Path TRIXIE =
            Path.of(Optional.ofNullable(System.getenv("NBD4J_TRIXIE")).orElse("/var/cache/nbd4j-ci/trixie"));

    private static final String HOST = "127.0.0.1";

    /** Below the ports that systems give to clients, so that no connection takes one between its choice and its use. */
    private static final int LOWEST_PORT = 15_000;

    private static final int HIGHEST_PORT = 32_000;

    /** How often to begin again with another port; two in a row are already rare. */
    private static final int ATTEMPTS = 5;

    private static final ExecutorService SPAWNER = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("server-spawner").factory());

    private static final Set<Process> LIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().unstarted(() -> LIVE.forEach(Process::destroyForcibly)));
    }

    private final List<String> prefix;
    private final Path directory;
    private final Set<Process> mine = ConcurrentHashMap.newKeySet();
    private final AtomicInteger number = new AtomicInteger();

    private LocalProcesses(List<String> prefix) throws IOException {
        this.prefix = List.copyOf(prefix);
        this.directory = Files.createTempDirectory("nbd4j-it");
    }

    /** Returns a provider of this machine's own servers. */
    public static LocalProcesses ofThisMachine() throws IOException {
        return new LocalProcesses(List.of());
    }

    /** Returns a provider of the servers of the other root, which sees this machine's {@code /tmp}. */
    public static LocalProcesses ofTrixie() throws IOException {
        return new LocalProcesses(trixie());
    }

    /** Returns the words that run a program in the other root when put before it. */
    static List<String> trixie() {
        return List.of("chroot", TRIXIE.toString());
    }

    /** Returns what the other root lacks, as half a sentence; empty where it can be used. */
    static Optional<String> trixieMissing() {
        try {
            var probe = Files.createTempFile("nbd4j-it", ".probe");
            try {
                return Files.exists(Path.of(TRIXIE + probe.toString()))
                        ? Optional.empty()
                        : Optional.of("no Debian 13 root with this machine's /tmp at " + TRIXIE);
            } finally {
                Files.delete(probe);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public RunningServer start(ServerCommand command, ServerCommand.Listen listen)
            throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return startOnce(command, listen);
            } catch (IOException e) {
                // Another process was faster, such as the tests of another checkout.
                if (attempt == ATTEMPTS || !String.valueOf(e.getMessage()).contains("Address already in use")) {
                    throw e;
                }
            }
        }
    }

    private RunningServer startOnce(ServerCommand command, ServerCommand.Listen listen)
            throws IOException, InterruptedException {
        var name = "s" + number.incrementAndGet();
        var paths = new ServerCommand.Paths(directory.resolve(name + ".pid"), directory.resolve(name + ".conf"));
        var log = directory.resolve(name + ".log");
        var address = switch (listen) {
            case TCP -> new RunningServer.Address.Tcp(HOST, freePort());
            case UNIX -> new RunningServer.Address.Unix(directory.resolve(name + ".sock"));
        };
        var line = new ArrayList<>(lifeline(command));
        line.addAll(prefix);
        line.addAll(
                switch (address) {
                    case RunningServer.Address.Tcp tcp -> command.onTcp(tcp.host(), tcp.port(), paths);
                    case RunningServer.Address.Unix unix -> command.onUnix(unix.socket(), paths);
                });
        var process = spawn(new ProcessBuilder(line)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile()));
        var handle = new Started(process, log);
        Readiness.await(
                command,
                () -> Readiness.listens(command, paths, address),
                moment -> process.waitFor(moment.toMillis(), TimeUnit.MILLISECONDS),
                handle);
        return new RunningServer(address, command.export(), handle);
    }

    @Override
    public void close() throws IOException {
        mine.forEach(LocalProcesses::end);
        deleteAll(directory);
    }

    /** Deletes a folder and all that is in it. */
    static void deleteAll(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Returns the words before a command that end all its processes with the one that is started, or with the JVM. */
    private static List<String> lifeline(ServerCommand command) {
        var words = new ArrayList<String>();
        Tools.find("setpriv").ifPresent(tool -> words.addAll(List.of(tool.toString(), "--pdeathsig", "KILL", "--")));
        if (command.goesToTheBackground()) {
            words.addAll(List.of("unshare", "--pid", "--fork", "--kill-child=KILL"));
            if (!"root".equals(System.getProperty("user.name"))) {
                words.add("--map-root-user");
            }
        }
        return words;
    }

    private Process spawn(ProcessBuilder builder) throws IOException, InterruptedException {
        try {
            var process = SPAWNER.submit(builder::start).get();
            LIVE.add(process);
            mine.add(process);
            return process;
        } catch (ExecutionException e) {
            throw new IOException("cannot start " + builder.command(), e.getCause());
        }
    }

    private static int freePort() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, HIGHEST_PORT);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                // Another one, then; some of 17 000 are free.
            }
        }
    }

    private static void end(Process process) {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("process " + process.pid() + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        LIVE.remove(process);
    }

    private record Started(Process process, Path file) implements RunningServer.Handle {
        @Override
        public void kill() {
            end(process);
        }

        @Override
        public String log() {
            try {
                return new String(Files.readAllBytes(file), UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
