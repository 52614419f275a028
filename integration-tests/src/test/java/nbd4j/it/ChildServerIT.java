// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdServerProcess;
import nbd4j.model.NbdDisconnectedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that the client starts itself. */
@Timeout(60)
final class ChildServerIT {
    private static final ConnectOptions OPTIONS = ConnectOptions.defaults();

    @Test
    @Needs.Nbdkit
    void startsNbdkitAndEndsIt() throws Exception {
        ProcessHandle server;
        try (var disk = NbdClient.connect(List.of("nbdkit", "pattern", "1M"), "", OPTIONS)) {
            server = ProcessHandle.current()
                    .children()
                    .filter(child -> child.info()
                            .command()
                            .filter(it -> it.contains("nbdkit"))
                            .isPresent())
                    .findFirst()
                    .orElseThrow();
            assertThat(disk.export().size()).isEqualTo(1 << 20);
            var into = ByteBuffer.allocate(16);
            disk.read(4096, into);
            assertThat(into.flip().getLong()).isEqualTo(4096);
        }
        server.onExit().get();
    }

    @Test
    @Needs.Qemu
    void startsQemuNbd(@TempDir Path directory) throws Exception {
        Path image = Files.write(directory.resolve("disk.raw"), new byte[1 << 20]);
        var command = List.of("qemu-nbd", "-f", "raw", image.toString());
        try (var disk = NbdClient.connect(command, "", OPTIONS)) {
            disk.write(512, ByteBuffer.wrap("written".repeat(512).getBytes(US_ASCII), 0, 512));
            disk.flush();
        }
        assertThat(Files.readString(image).substring(512, 519)).isEqualTo("written");
    }

    @Test
    @Needs.Nbdkit
    void listsTheExportsOfAServerThatItStarted() throws Exception {
        try (var negotiation = NbdClient.negotiate(List.of("nbdkit", "null"), OPTIONS)) {
            assertThat(negotiation.list()).hasSize(1);
        }
    }

    @Test
    @Needs.Nbdkit
    void passesOnWhyAServerDoesNotStart() {
        assertThatThrownBy(() -> NbdClient.connect(List.of("nbdkit", "no-such-plugin"), "", OPTIONS))
                .isInstanceOf(NbdDisconnectedException.class)
                .hasMessageContaining("no-such-plugin");
        assertThatThrownBy(() -> NbdClient.connect(List.of("no-such-program"), "", OPTIONS))
                .isInstanceOf(NbdDisconnectedException.class)
                .hasMessageContaining("the server no-such-program cannot be started: exec: No such file or directory");
    }

    @Test
    @Needs.Nbdkit
    void takesSeveralConnectionsAndSaysWhyItEnded() throws Exception {
        try (var server = NbdServerProcess.start(List.of("nbdkit", "--exit-with-parent", "pattern", "1M"));
                var one = NbdClient.connect(server.uri());
                var two = NbdClient.connect(server.uri())) {
            assertThat(one.export().size()).isEqualTo(two.export().size()).isEqualTo(1 << 20);
            var failure = new IOException("not the server's");
            assertThat(server.explained(failure)).isSameAs(failure);
        }
        try (var server = NbdServerProcess.start(List.of("nbdkit", "no-such-plugin"))) {
            assertThatThrownBy(() -> NbdClient.connect(server.uri()))
                    .isInstanceOf(IOException.class)
                    .satisfies(failure -> assertThat(server.explained((IOException) failure))
                            .isInstanceOf(NbdDisconnectedException.class)
                            .hasMessageContaining("no-such-plugin"));
        }
    }
}
