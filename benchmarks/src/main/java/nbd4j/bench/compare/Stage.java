// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.bench.Certificates;

/** A temporary folder and the servers of one scenario. Closing it ends the servers and removes the folder. */
public final class Stage implements AutoCloseable {
    private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Path folder;
    private final List<Process> servers = new ArrayList<>();

    /** Makes the folder. */
    public Stage() throws IOException {
        folder = Files.createTempDirectory("nbd-compare");
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** Starts an nbdkit with these arguments on a Unix socket and returns its URI. */
    public String nbdkit(String... arguments) throws IOException, InterruptedException {
        Path socket = file("s" + servers.size() + ".sock");
        start(UnixDomainSocketAddress.of(socket), List.of("-U", socket.toString()), arguments);
        return "nbd+unix:///?socket=" + socket;
    }

    /** Starts an nbdkit with these arguments on a TCP port of this machine, and returns the port. */
    int nbdkitOnTcp(String... arguments) throws IOException, InterruptedException {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        start(
                new InetSocketAddress("127.0.0.1", port),
                List.of("-i", "127.0.0.1", "-p", String.valueOf(port)),
                arguments);
        return port;
    }

    private void start(SocketAddress address, List<String> listening, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("nbdkit", "-f", "--exit-with-parent"));
        command.addAll(listening);
        command.addAll(List.of(arguments));
        Path errors = file("errors" + servers.size());
        Process server = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                // Kept out of sight: it complains of the connection that tests whether it listens.
                .redirectError(errors.toFile())
                .start();
        servers.add(server);
        await(server, address, errors);
    }

    private static void await(Process server, SocketAddress address, Path errors)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT_NANOS;
        while (true) {
            if (!server.isAlive()) {
                throw new IOException(
                        "a server ended with exit code %d: %s".formatted(server.exitValue(), Files.readString(errors)));
            }
            try (var channel = SocketChannel.open(address)) {
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("a server did not listen on " + address + " in time", e);
                }
                // A fresh process; there is nothing to wait on but the socket itself.
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }

    /** Returns the processor time that the servers have used so far. */
    public Duration serverTime() {
        return servers.stream()
                .map(server -> server.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }

    /** Makes a certificate for localhost. */
    Path certificates() throws IOException, InterruptedException {
        return Certificates.make(file("pki"));
    }

    @Override
    public void close() throws IOException {
        for (Process server : servers) {
            server.destroy();
        }
        for (Process server : servers) {
            server.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        }
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
