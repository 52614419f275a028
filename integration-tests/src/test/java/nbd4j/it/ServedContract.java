// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.it.ServerCommand.Listen;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the client does with the servers of every {@link ServerProvider}. */
interface ServedContract {
    /** The provider of this run. */
    ServerProvider servers();

    /** nbdkit of any provider. */
    interface Nbdkit extends ServedContract {
        @ParameterizedTest
        @EnumSource
        default void readsThePattern(Listen listen) throws IOException, InterruptedException {
            try (var server = servers().start(ServerCommand.nbdkit("pattern", "64M"), listen);
                    var disk = connect(server)) {
                var read = ByteBuffer.allocate(4096);

                disk.read(1 << 20, read);

                assertThat(disk.export().info().size()).isEqualTo(64L << 20);
                for (int at = 0; at < read.capacity(); at += Long.BYTES) {
                    assertThat(read.getLong(at)).isEqualTo((1 << 20) + at);
                }
            }
        }

        @ParameterizedTest
        @EnumSource
        default void readsBackWhatItWroteAndSeesTheRestAsAHole(Listen listen) throws IOException, InterruptedException {
            try (var server = servers().start(ServerCommand.nbdkit("memory", "1T"), listen);
                    var disk = connect(server)) {
                var written = ByteBuffer.allocate(32 << 10);
                while (written.hasRemaining()) {
                    written.putLong(written.position() * 0x9E3779B97F4A7C15L + 1);
                }
                written.flip();

                disk.write(512L << 30, written.duplicate());
                disk.flush();
                var read = ByteBuffer.allocate(written.capacity());
                disk.read(512L << 30, read);

                assertThat(read.flip()).isEqualTo(written);
                assertThat(disk.extents(MetaContext.BASE_ALLOCATION, (512L << 30) - (64 << 10), 160 << 10))
                        .containsExactly(
                                new Extent((512L << 30) - (64 << 10), 64 << 10, 3),
                                new Extent(512L << 30, 32 << 10, 0),
                                new Extent((512L << 30) + (32 << 10), 64 << 10, 3));
            }
        }

        @Test
        default void isRefusedAfterAKill() throws IOException, InterruptedException {
            try (var server = servers().start(ServerCommand.nbdkit("memory", "1M"), Listen.UNIX)) {
                connect(server).close();
                server.kill();

                assertThatThrownBy(() -> connect(server)).isInstanceOf(IOException.class);
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
        default void readsWhatStandsInARawFile(Listen listen) throws IOException, InterruptedException {
            var file = fileWithAMarkAt1M(servers(), "qemu-" + listen, 5L << 20);
            try (var server = servers().start(ServerCommand.qemuNbd("-t", "-f", "raw", file.toString()), listen);
                    var disk = connect(server)) {
                assertMarkAt1M(disk, 5L << 20);
            }
        }
    }

    /** nbd-server of any provider. */
    interface NbdServer extends ServedContract {
        @ParameterizedTest
        @EnumSource
        default void readsAnExportWithASpaceInItsName(Listen listen) throws IOException, InterruptedException {
            var file = fileWithAMarkAt1M(servers(), "nbd-server-" + listen, 3L << 20);
            var command = ServerCommand.nbdServer("a disk", file, Map.of("readonly", "true"));
            try (var server = servers().start(command, listen);
                    var disk = connect(server)) {
                assertMarkAt1M(disk, 3L << 20);
            }
        }
    }

    private static NbdConnection connect(RunningServer server) throws IOException {
        return NbdClient.connect(server.uri().toString());
    }

    private static Path fileWithAMarkAt1M(ServerProvider servers, String name, long size) throws IOException {
        var file = servers.directory().resolve(name + ".img");
        try (var disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(size);
            disk.seek(1 << 20);
            disk.writeLong(0x6e62643466616365L);
        }
        return file;
    }

    private static void assertMarkAt1M(NbdConnection disk, long size) throws IOException {
        var read = ByteBuffer.allocate(1024);
        disk.read((1 << 20) - 512, read);
        assertThat(disk.export().info().size()).isEqualTo(size);
        assertThat(read.getLong(0)).isZero();
        assertThat(read.getLong(512)).isEqualTo(0x6e62643466616365L);
    }
}
