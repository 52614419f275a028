// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Map;
import nbd4j.it.ServerCommand.Listen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the servers of every {@link ServerProvider} do, judged by nbdinfo. */
interface ServedContract {
    /** The provider under test. */
    ServerProvider servers();

    /** nbdkit of any provider. */
    interface Nbdkit extends ServedContract {
        @ParameterizedTest
        @EnumSource
        default void servesAMemoryDisk(Listen listen) throws IOException, InterruptedException {
            try (var server = servers().start(ServerCommand.nbdkit("memory", "64M"), listen)) {
                assertThat(sizeOf(server)).isEqualTo(64L << 20);
            }
        }

        @Test
        default void listensNoMoreAfterAKill() throws IOException, InterruptedException {
            try (var server = servers().start(ServerCommand.nbdkit("memory", "1M"), Listen.UNIX)) {
                server.kill();

                assertThat(Tools.run("nbdinfo", server.uri().toString()).exitCode())
                        .isNotZero();
            }
        }

        @Test
        default void saysWhyAServerDidNotStart() {
            assertThatThrownBy(() -> servers().start(ServerCommand.nbdkit("no-such-plugin"), Listen.UNIX))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no-such-plugin")
                    .hasMessageContaining("cannot open plugin");
        }
    }

    /** qemu-nbd of any provider. */
    interface Qemu extends ServedContract {
        @ParameterizedTest
        @EnumSource
        default void servesARawFile(Listen listen) throws IOException, InterruptedException {
            var file = sparseFile(servers(), 5L << 20);
            try (var server = servers().start(ServerCommand.qemuNbd("-t", "-f", "raw", file.toString()), listen)) {
                assertThat(sizeOf(server)).isEqualTo(5L << 20);
            }
        }
    }

    /** nbd-server of any provider. */
    interface NbdServer extends ServedContract {
        @ParameterizedTest
        @EnumSource
        default void servesAFileUnderAName(Listen listen) throws IOException, InterruptedException {
            var command =
                    ServerCommand.nbdServer("a disk", sparseFile(servers(), 3L << 20), Map.of("readonly", "true"));
            try (var server = servers().start(command, listen)) {
                assertThat(sizeOf(server)).isEqualTo(3L << 20);
            }
        }
    }

    private static long sizeOf(RunningServer server) throws IOException, InterruptedException {
        return Long.parseLong(
                Tools.run("nbdinfo", "--size", server.uri().toString()).succeeded());
    }

    private static Path sparseFile(ServerProvider servers, long size) throws IOException {
        var file = servers.directory().resolve("disk-" + size + ".img");
        try (var disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(size);
        }
        return file;
    }
}
