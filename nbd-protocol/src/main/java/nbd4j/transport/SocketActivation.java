// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a command with a listening Unix socket as its descriptor 3, in the way of systemd: {@code LISTEN_FDS=1} and
 * {@code LISTEN_PID} its own process id.
 *
 * <p>Java can hand down no socket, so an interpreter that nearly every system has makes it and then becomes the command:
 * Perl or, where that is missing, Python. It reports failures on its standard output, which closes by itself when the
 * command starts; an end without a word means success. The command's own standard output joins its standard error.
 */
final class SocketActivation {
    private static final String PERL = """
            use strict; use Fcntl; use POSIX (); use Socket;
            my $path = shift @ARGV;
            my $copy = fcntl(STDOUT, F_DUPFD, 10) or POSIX::_exit(126);
            open(my $report, '>&=', $copy) or POSIX::_exit(126);
            sub refuse { syswrite($report, "$_[0]: $!"); POSIX::_exit(126) }
            fcntl($report, F_SETFD, FD_CLOEXEC) or refuse('fcntl');
            open(STDOUT, '>&', \\*STDERR) or refuse('dup');
            socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or refuse('socket');
            bind($socket, pack_sockaddr_un($path)) or refuse('bind');
            listen($socket, 128) or refuse('listen');
            if (fileno($socket) == 3) { fcntl($socket, F_SETFD, 0) or refuse('fcntl') }
            else { defined(POSIX::dup2(fileno($socket), 3)) or refuse('dup2') }
            $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; delete $ENV{LISTEN_FDNAMES};
            { no warnings; exec { $ARGV[0] } @ARGV; }
            refuse('exec');
            """;

    private static final String PYTHON = """
            import fcntl, os, socket, sys
            path, command = sys.argv[1], sys.argv[2:]
            report = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 10)
            try:
                os.dup2(2, 1)
                listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                listener.bind(path)
                listener.listen(128)
                if listener.fileno() == 3:
                    os.set_inheritable(3, True)
                else:
                    os.dup2(listener.fileno(), 3)
                os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
                os.environ.pop('LISTEN_FDNAMES', None)
                os.execvp(command[0], command)
            except OSError as failure:
                os.write(report, (failure.strerror or 'failed').encode())
                os._exit(126)
            """;

    /** The interpreters, best first. */
    static final List<Interpreter> INTERPRETERS =
            List.of(new Interpreter("perl", "-e", PERL), new Interpreter("python3", "-c", PYTHON));

    /** Longest report that is read; it is one line. */
    private static final int MAXIMUM_REPORT = 1024;

    private SocketActivation() {}

    /** A language to hand down a socket in. */
    record Interpreter(String program, String option, String script) {}

    /**
     * Starts the command. When this returns the socket listens, so that it can be connected at once.
     *
     * @throws IOException if no interpreter is there, or the command cannot be started
     */
    static Process start(List<String> command, Path socket, List<Interpreter> interpreters) throws IOException {
        for (Interpreter interpreter : interpreters) {
            var all = new ArrayList<>(
                    List.of(interpreter.program(), interpreter.option(), interpreter.script(), socket.toString()));
            all.addAll(command);
            Process process;
            try {
                process = new ProcessBuilder(all)
                        .redirectInput(new File("/dev/null"))
                        .start();
            } catch (IOException e) {
                // Not installed: the next one may be.
                continue;
            }
            awaitStart(process, command.getFirst());
            return process;
        }
        throw new IOException("starting the server %s needs one of %s, to hand it a socket; none is on the PATH"
                .formatted(
                        PeerText.path(command.getFirst()),
                        interpreters.stream().map(Interpreter::program).toList()));
    }

    private static void awaitStart(Process process, String program) throws IOException {
        String report;
        try (var output = process.getInputStream()) {
            report = new String(output.readNBytes(MAXIMUM_REPORT), StandardCharsets.UTF_8);
        }
        if (!report.isEmpty()) {
            process.destroyForcibly();
            throw new IOException(
                    "the server %s cannot be started: %s".formatted(PeerText.path(program), PeerText.path(report)));
        }
    }
}
