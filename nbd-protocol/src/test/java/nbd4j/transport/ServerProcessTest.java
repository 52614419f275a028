// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.transport.SocketActivation.Interpreter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that are started as systemd starts them. Needs perl, as the code does; every Debian has it. */
@Timeout(60)
class ServerProcessTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Says its environment to everybody who connects. */
    private static final String TALKER = """
            open(my $listener, '+<&=', 3) or die $!;
            while (accept(my $client, $listener)) {
                opendir(my $directory, '/proc/self/fd') or die $!;
                my @files = grep { !/^\\./ } readdir($directory);
                my @told = map { $ENV{$_} // '-' } ('LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES');
                syswrite($client, join(' ', @told, $$, scalar @files));
                closedir($directory);
                close($client);
            }
            """;

    /** Perl, the first choice. The other one is tested with integration-tests, since not every machine has it. */
    private static final List<Interpreter> PERL = List.of(SocketActivation.INTERPRETERS.getFirst());

    @Test
    void handsDownAListeningSocketAsSystemdDoes() throws Exception {
        try (var server = ServerProcess.start(List.of("perl", "-e", TALKER), PERL)) {
            for (int i = 0; i < 2; i++) {
                String[] told = readAll(server.connect(LIMIT)).split(" ", -1);
                assertThat(told[0]).isEqualTo("1");
                assertThat(told[1]).isEqualTo(told[3]);
                assertThat(told[2]).isEqualTo("-");
                // 0, 1, 2, the listener, the client and the directory that is being listed.
                assertThat(told[4]).isEqualTo("6");
            }
        }
    }

    @Test
    void saysThatACommandDoesNotExist() {
        assertThatThrownBy(() -> ServerProcess.start(List.of("no-such-nbd-server"), PERL))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the server no-such-nbd-server cannot be started")
                .hasMessageContaining("No such file or directory");
    }

    @Test
    void saysThatNoInterpreterIsThere() {
        assertThatThrownBy(() -> ServerProcess.start(
                        List.of("nbdkit", "null"), List.of(new Interpreter("no-such-interpreter", "-e", ""))))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "starting the server nbdkit needs one of [no-such-interpreter], to hand it a socket; none is"
                                + " on the PATH");
    }

    @Test
    void tellsWhyTheServerExited() throws Exception {
        var command = List.of("sh", "-c", "echo one >&2; echo 'two\033' >&2; exit 3");
        // It may exit before or after it was connected.
        assertThatThrownBy(() -> readAll(ServerProcess.connectTo(command, LIMIT)))
                .isInstanceOf(IOException.class)
                .hasMessage("the server sh exited with status 3: one; two\\u{1b}");
    }

    @Test
    void endsTheServerAndRemovesItsSocket() throws Exception {
        Path directory;
        ProcessHandle child;
        try (var server = ServerProcess.start(List.of("sleep", "600"))) {
            directory = server.socket().getParent();
            child = child("sleep");
            assertThat(Files.getPosixFilePermissions(directory)).hasSize(3);
            assertThat(server.socket()).exists();
        }
        child.onExit().get(10, TimeUnit.SECONDS);
        assertThat(directory).doesNotExist();
    }

    @Test
    void endsTheServerWithTheOnlyConnection() throws Exception {
        Transport transport = ServerProcess.connectTo(List.of("sleep", "600"), LIMIT);
        ProcessHandle child = child("sleep");

        assertThat(transport.peer()).isEqualTo("[ sleep ]");
        transport.close();

        child.onExit().get(10, TimeUnit.SECONDS);
        assertThat(transport.isClosed()).isTrue();
    }

    @Test
    void killsAServerThatDoesNotWantToEnd() throws Exception {
        var stubborn = "$SIG{TERM} = 'IGNORE'; open(my $listener, '+<&=', 3) or die $!;"
                + " accept(my $client, $listener) or die $!; syswrite($client, '!'); sleep(600)";
        ProcessHandle child;
        try (var server = ServerProcess.start(List.of("perl", "-e", stubborn));
                var transport = server.connect(LIMIT)) {
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(1);
            child = child("perl");
        }
        child.onExit().get(10, TimeUnit.SECONDS);
    }

    private static ProcessHandle child(String program) {
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info()
                        .commandLine()
                        .map(line -> line.contains(program))
                        .orElse(false))
                .findFirst()
                .orElseThrow();
    }

    private static String readAll(Transport transport) throws IOException {
        var into = ByteBuffer.allocate(1000);
        int count = transport.read(into);
        while (count >= 0) {
            count = transport.read(into);
        }
        transport.close();
        return US_ASCII.decode(into.flip()).toString();
    }
}
