// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import nbd4j.it.Needs;
import nbd4j.transport.SocketActivation.Interpreter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that are started as systemd starts them, where there is Python and no Perl. */
@Needs.Python
@Timeout(60)
final class PythonActivationIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Says its environment to everybody who connects. */
    private static final String TALKER = """
            import os, socket
            listener = socket.socket(fileno=3)
            names = ('LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES')
            while True:
                client, _ = listener.accept()
                told = [os.environ.get(name, '-') for name in names] + [os.getpid(), len(os.listdir('/proc/self/fd'))]
                client.sendall(' '.join(map(str, told)).encode())
                client.close()
            """;

    private static final List<Interpreter> PYTHON = SocketActivation.INTERPRETERS.stream()
            .filter(interpreter -> interpreter.program().equals("python3"))
            .toList();

    @Test
    void handsDownAListeningSocketAsSystemdDoes() throws Exception {
        assertThat(PYTHON).hasSize(1);
        try (var server = ServerProcess.start(List.of("python3", "-c", TALKER), PYTHON)) {
            for (int i = 0; i < 2; i++) {
                var into = ByteBuffer.allocate(1000);
                try (var transport = server.connect(LIMIT)) {
                    while (transport.read(into) >= 0) {
                        assertThat(into.hasRemaining()).isTrue();
                    }
                }
                String[] told = US_ASCII.decode(into.flip()).toString().split(" ", -1);
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
        assertThatThrownBy(() -> ServerProcess.start(List.of("no-such-nbd-server"), PYTHON))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the server no-such-nbd-server cannot be started")
                .hasMessageContaining("No such file or directory");
    }
}
