// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import nbd4j.copy.CopyReport;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.Location;
import nbd4j.it.ServerCommand.Listen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies from and to real servers; targets are full of 0xff before. Rows of the fault matrix by their names. */
final class CopyRealServersIT {
    private static final int SIZE = 32 << 20;

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @ParameterizedTest
    @EnumSource
    @Needs.Nbdkit
    void copiesThroughNbdkit(Listen listen) throws IOException, InterruptedException {
        Path from = disk(SIZE + 1);
        Path to = dirty(SIZE + 1);
        try (var source = nbdkit(listen, "file", from.toString());
                var target = nbdkit(listen, "file", to.toString())) {
            CopyReport report = Copies.copy(Copies.at(source), Copies.at(target));
            assertThat(report.durable()).isTrue();
            assertThat(report.progress().read()).isLessThan(SIZE);
        }
        assertThat(Files.mismatch(from, to)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 511, 512, 513, 65_537})
    @Needs.Nbdkit
    void copiesEverySizeToAFile(long size) throws IOException, InterruptedException {
        Path from = disk(size);
        Path to = SERVERS.provider().directory().resolve("copy-" + size);
        try (var source = nbdkit(Listen.UNIX, "file", from.toString())) {
            Copies.copy(Copies.at(source), Copies.at(to));
        }
        assertThat(Files.mismatch(from, to)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "F-S07 --filter=error file @ error-extents-rate=100%",
                "F-S08 --filter=error file @ error-extents-rate=50%",
                "F-S09 --filter=delay file @ delay-extents=1",
                "F-S12 --filter=delay file @ rdelay=50ms",
                "no-sr --no-sr file @",
            })
    @Needs.Nbdkit
    void survivesAFaultySource(String row) throws IOException, InterruptedException {
        Path from = disk(SIZE);
        Path to = dirty(SIZE);
        try (var source = nbdkit(Listen.UNIX, words(row, from));
                var target = nbdkit(Listen.UNIX, "file", to.toString())) {
            Copies.copy(Copies.at(source), Copies.at(target));
        }
        assertThat(Files.mismatch(from, to)).as(row).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "F-D04 --filter=error file @ error-zero-rate=100%",
                "F-D05 --filter=nozero file @",
                "F-D06 --filter=nozero file @ zeromode=emulate fastzeromode=slow",
                "F-D07 --filter=error file @ error-trim-rate=100%",
                "F-D14 --filter=fua file @",
                "F-D15 --filter=cache file @ cache=writeback",
                "blocks --filter=blocksize-policy file @ blocksize-minimum=4096 blocksize-preferred=4096"
                        + " blocksize-maximum=65536 blocksize-error-policy=error",
            })
    @Needs.Nbdkit
    void survivesAFaultyTargetThatIsKilledAfterwards(String row) throws IOException, InterruptedException {
        Path from = disk(SIZE);
        Path to = dirty(SIZE);
        try (var source = nbdkit(Listen.UNIX, "file", from.toString());
                var target = nbdkit(Listen.UNIX, words(row, to))) {
            Copies.copy(Copies.at(source), Copies.at(target));
            target.kill();
        }
        assertThat(Files.mismatch(from, to)).as(row).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "F-D01 --filter=error file @ error=ENOSPC error-pwrite-rate=100% error-zero-rate=100% | ENOSPC",
                // nozero, since nbdkit 1.32 crashes when zeroes meet the protected range.
                "F-D08 --filter=nozero --filter=protect file @ protect=16777216-17825791 | EPERM",
                "F-D09 -r file @ | is read-only",
                "F-D10 --filter=truncate file @ truncate=16M | holds 16777216 bytes, but the source has 33554432",
            })
    @Needs.Nbdkit
    void saysWhyATargetCannotBeWritten(String row) throws IOException, InterruptedException {
        String[] parts = row.split(" \\| ", -1);
        Path to = dirty(SIZE);
        try (var source = nbdkit(Listen.UNIX, "file", disk(SIZE).toString());
                var target = nbdkit(Listen.UNIX, words(parts[0], to))) {
            assertThatThrownBy(() -> Copies.copy(Copies.at(source), Copies.at(target)))
                    .isInstanceOf(EndpointException.class)
                    .hasMessageStartingWith("target: ")
                    .hasMessageContaining(parts[1]);
        }
    }

    @Test
    @Needs.Nbdkit
    void refusesASizeThatTheMinimumBlockCannotReach() throws IOException, InterruptedException {
        String[] disk = {
            "--filter=blocksize-policy",
            "--filter=truncate",
            "memory",
            "32M",
            "truncate=33554433",
            "blocksize-minimum=4096",
            "blocksize-preferred=4096",
            "blocksize-maximum=32M",
            "blocksize-error-policy=error"
        };
        try (var source = SERVERS.provider().start(ServerCommand.nbdkit(disk), Listen.UNIX)) {
            assertThatThrownBy(() -> Copies.copy(Copies.at(source), new Location.Null()))
                    .isInstanceOf(EndpointException.class)
                    .hasMessageContaining("33554433 bytes is not a multiple of the minimum block size 4096");
        }
    }

    @Test
    @Needs.Nbdkit
    void leavesNothingThatLooksFinishedWhenTheServerDies() throws IOException, InterruptedException {
        Path to = SERVERS.provider().directory().resolve("never");
        var source = nbdkit(Listen.UNIX, "--filter=rate", "pattern", "64M", "rate=40M");
        Thread killer = Thread.startVirtualThread(() -> {
            while (!Files.exists(to.resolveSibling("never.partial"))) {
                Thread.onSpinWait();
            }
            source.kill();
        });
        assertThatThrownBy(() -> Copies.copy(Copies.at(source), Copies.at(to))).isInstanceOf(EndpointException.class);
        killer.join();
        assertThat(to).doesNotExist();
        assertThat(to.resolveSibling("never.partial")).doesNotExist();
    }

    @Test
    @Needs.Qemu
    void copiesFromAndToQcow2() throws IOException, InterruptedException {
        Path raw = disk(SIZE);
        Path directory = SERVERS.provider().directory();
        String from = Files.createTempFile(directory, "from", ".qcow2").toString();
        String to = Files.createTempFile(directory, "to", ".qcow2").toString();
        Tools.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), from)
                .succeeded();
        Tools.run("qemu-img", "create", "-f", "qcow2", to, String.valueOf(SIZE)).succeeded();
        try (var source = qemu("-r", "-t", "-e", "8", "-f", "qcow2", from);
                var target = qemu("-t", "-f", "qcow2", to)) {
            CopyReport report = Copies.copy(Copies.at(source), Copies.at(target));
            assertThat(report.progress().read()).isLessThan(SIZE);
        }
        Tools.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw.toString(), to)
                .succeeded();
    }

    @Test
    @Needs.NbdServer
    void copiesFromAndToNbdServer() throws IOException, InterruptedException {
        Path from = disk(SIZE);
        Path to = dirty(SIZE);
        try (var source = SERVERS.provider()
                        .start(ServerCommand.nbdServer("a", from, Map.of("readonly", "true")), Listen.TCP);
                var target = SERVERS.provider()
                        .start(ServerCommand.nbdServer("b", to, Map.of("flush", "true")), Listen.TCP)) {
            Copies.copy(Copies.at(source), Copies.at(target));
        }
        assertThat(Files.mismatch(from, to)).isEqualTo(-1);
    }

    private static RunningServer nbdkit(Listen listen, String... words) throws IOException, InterruptedException {
        return SERVERS.provider().start(ServerCommand.nbdkit(words), listen);
    }

    private static RunningServer qemu(String... words) throws IOException, InterruptedException {
        return SERVERS.provider().start(ServerCommand.qemuNbd(words), Listen.UNIX);
    }

    /** Returns the words of a row behind its name, with the file in the place of {@code @}. */
    private static String[] words(String row, Path file) {
        return Arrays.stream(row.split(" ", -1))
                .skip(1)
                .map(word -> word.equals("@") ? file.toString() : word)
                .toArray(String[]::new);
    }

    /** A sparse file: random bytes, holes, written zeroes, small islands, data in the last byte. */
    private static Path disk(long size) throws IOException {
        Path path = Files.createTempFile(SERVERS.provider().directory(), "disk", ".img");
        Random random = new Random(size);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            for (long at = 0; at < size; at += 1 << 20) {
                byte[] bytes = new byte[Math.toIntExact(Math.min(size - at, 1 + random.nextInt(1 << 19)))];
                if (random.nextInt(3) > 0) {
                    random.nextBytes(bytes);
                }
                channel.write(ByteBuffer.wrap(bytes), at);
            }
            if (size > 0) {
                channel.write(ByteBuffer.wrap(new byte[] {9}), size - 1);
            }
        }
        return path;
    }

    private static Path dirty(long size) throws IOException {
        Path path = Files.createTempFile(SERVERS.provider().directory(), "dirty", ".img");
        byte[] ones = new byte[1 << 20];
        Arrays.fill(ones, (byte) 0xff);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            for (long at = 0; at < size; at += ones.length) {
                file.write(ones, 0, (int) Math.min(ones.length, size - at));
            }
        }
        return path;
    }
}
