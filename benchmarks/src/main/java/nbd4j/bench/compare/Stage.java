// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A temporary folder and the servers of one scenario. Closing it ends the servers and removes the folder. */
final class Stage implements AutoCloseable {
    private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Path folder;
    private final List<Process> servers = new ArrayList<>();

    Stage() throws IOException {
        folder = Files.createTempDirectory("nbd-compare");
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** Starts an nbdkit with these arguments on a Unix socket and returns its URI. */
    String nbdkit(String... arguments) throws IOException, InterruptedException {
        Path socket = file("s" + servers.size() + ".sock");
        List<String> command = new ArrayList<>(List.of("nbdkit", "-f", "--exit-with-parent", "-U", socket.toString()));
        command.addAll(List.of(arguments));
        Process server = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        servers.add(server);
        await(server, socket);
        return "nbd+unix:///?socket=" + socket;
    }

    private static void await(Process server, Path socket) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT_NANOS;
        while (true) {
            if (!server.isAlive()) {
                throw new IOException("a server ended with exit code " + server.exitValue());
            }
            try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("a server did not listen on " + socket + " in time", e);
                }
                // A fresh process; there is nothing to wait on but the socket itself.
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
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
