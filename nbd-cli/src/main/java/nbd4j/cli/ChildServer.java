// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.uri.NbdUri;

/**
 * {@code [ CMD ARGS… ]}: an NBD server that runs as long as the command that started it, on a Unix socket nobody else
 * can reach.
 *
 * <p>nbdcopy hands such a server a listening socket as systemd does. Java cannot hand a socket to a child, so servers
 * that we know (nbdkit, qemu-nbd, nbd) are told the socket's path by an option of theirs; for others a line of Perl,
 * where there is Perl, opens the socket and becomes the server.
 */
final class ChildServer implements AutoCloseable {
    private static final long READY_SECONDS = 60;

    /** qemu-nbd writes the tables of a qcow2 file when it ends. */
    private static final long END_SECONDS = 30;

    private static final long POLL_MILLIS = 2;

    /** Listens on the path in the first argument, as file descriptor 3, and becomes the command in the others. */
    private static final String ACTIVATE = """
            use Socket; use POSIX ();
            my $path = shift; my $s; $^F = 3;
            socket($s, AF_UNIX, SOCK_STREAM, 0) && bind($s, pack_sockaddr_un($path)) && listen($s, 128) or die "$path: $!\\n";
            POSIX::dup2(fileno($s), 3) or die "$path: $!\\n";
            $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$;
            exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n";
            """;

    private final List<String> command;
    private final Path folder;
    private final Path socket;
    private final Process process;

    private ChildServer(List<String> command, Path folder, Path socket, Process process) {
        this.command = command;
        this.folder = folder;
        this.socket = socket;
        this.process = process;
    }

    /** Starts a server and waits until it takes connections. Its messages go to our standard error. */
    static ChildServer start(List<String> command) throws IOException {
        Path folder = Files.createTempDirectory("nbd-");
        Path socket = folder.resolve("s");
        try {
            Process process = new ProcessBuilder(listening(command, socket.toString()))
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.INHERIT)
                    .start();
            var server = new ChildServer(command, folder, socket, process);
            try {
                server.awaitReady();
                return server;
            } catch (IOException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            Files.deleteIfExists(folder);
            throw e instanceof FailureException ? e : new IOException(shown(command) + ": " + e.getMessage(), e);
        }
    }

    private static List<String> listening(List<String> command, String socket) {
        String program = command.get(0).substring(command.get(0).lastIndexOf('/') + 1);
        List<String> options = switch (program) {
            case "nbdkit" -> List.of("--foreground", "--exit-with-parent", "--unix", socket);
            case "qemu-nbd" -> List.of("--persistent", "--shared=0", "--socket=" + socket);
            case "nbd" ->
                command.size() > 1 && command.get(1).equals("serve") ? List.of("serve", "--socket", socket) : List.of();
            default -> List.of();
        };
        var all = new ArrayList<String>();
        if (options.isEmpty()) {
            all.addAll(List.of("perl", "-e", ACTIVATE, socket));
            all.addAll(command);
            return all;
        }
        all.add(command.get(0));
        all.addAll(options);
        all.addAll(command.subList(program.equals("nbd") ? 2 : 1, command.size()));
        return all;
    }

    private void awaitReady() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
        while (!accepts()) {
            try {
                if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new FailureException(
                            ExitCode.FAILED,
                            "%s ended with exit code %d before it took connections"
                                    .formatted(shown(command), process.exitValue()));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while a server was starting");
            }
            if (System.nanoTime() > deadline) {
                throw new FailureException(
                        ExitCode.FAILED, "%s takes no connections after %d s".formatted(shown(command), READY_SECONDS));
            }
        }
    }

    /** Returns whether the server listens. Asks the kernel's list, for a connection could be the only one it takes. */
    private boolean accepts() throws IOException {
        if (!Files.exists(socket)) {
            return false;
        }
        Path table = Path.of("/proc/net/unix");
        if (Files.isReadable(table)) {
            // The flag 00010000 is set once the socket listens.
            String path = socket.toString();
            try (var lines = Files.lines(table)) {
                return lines.anyMatch(line -> line.endsWith(path) && line.contains(" 00010000 "));
            }
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    private static String shown(List<String> command) {
        return "[ " + OneLine.of(String.join(" ", command)) + " ]";
    }

    /** Returns where the server listens. */
    NbdUri uri() {
        return NbdUri.unix(socket);
    }

    /** Ends the server in order, and by force if it does not. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(socket);
        Files.deleteIfExists(folder);
    }
}
