// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.ExportOptions;
import nbd4j.server.Extent;
import nbd4j.server.Fault;
import nbd4j.server.FileStorage;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.Storage;
import nbd4j.server.ZeroMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedded server with the clients of libnbd and qemu. */
final class EmbeddedServerIT {
    private static final int MIB = 1 << 20;
    private static final long SIZE = 8L * MIB;

    @TempDir
    private Path folder;

    private NbdServer serve(ExportOptions... exports) throws IOException {
        var options = ServerOptions.defaults()
                .withTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withUnix(folder.resolve("socket"))
                .withRequestLog(10_000);
        for (var export : exports) {
            options = options.withExport(export);
        }
        return NbdServer.start(options);
    }

    private static List<String> uris(NbdServer server) {
        return List.of(server.tcpUri("").toString(), server.unixUri("").toString());
    }

    /** Returns a disk of which the second mebibyte and one byte of the sixth are written. */
    private static MemoryStorage sparseDisk(long size) throws IOException {
        var disk = MemoryStorage.of(size);
        var bytes = new byte[MIB];
        new Random(1).nextBytes(bytes);
        disk.write(MIB, ByteBuffer.wrap(bytes));
        disk.write(5 * MIB, ByteBuffer.wrap(bytes, 0, 1));
        return disk;
    }

    private static byte[] content(Storage storage) throws IOException {
        var all = ByteBuffer.allocate((int) storage.size());
        storage.read(0, all);
        return all.array();
    }

    private static String run(String... command) throws Exception {
        return Tools.run(command).succeeded();
    }

    @Test
    @Needs.Libnbd
    void nbdinfoListsEveryExport() throws Exception {
        try (var server = serve(
                ExportOptions.of("one", MemoryStorage.of(1L << 40)).withDescription("the first"),
                ExportOptions.of("two", MemoryStorage.of(513)).withReadOnly())) {
            assertThat(run("nbdinfo", "--list", server.uri().toString()))
                    .contains("export=\"one\":", "description: the first", "export-size: 1099511627776")
                    .contains("export=\"two\":", "export-size: 513", "is_read_only: true");
        }
    }

    static Stream<Long> sizes() {
        return Stream.of(0L, 1L, 511L, 513L, 1L << 40, Long.MAX_VALUE);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    @Needs.Libnbd
    void nbdinfoSeesTheSize(long size) throws Exception {
        try (var server = serve(ExportOptions.of("", MemoryStorage.of(size)))) {
            for (var uri : uris(server)) {
                assertThat(run("nbdinfo", "--size", uri)).isEqualTo(Long.toString(size));
            }
        }
    }

    @Test
    @Needs.Libnbd
    void nbdinfoMapsDataHolesAndOtherContexts() throws Exception {
        var export = ExportOptions.of("", sparseDisk(1L << 40))
                .withContext("x:y", (offset, length) -> new Extent(length, 7));
        try (var server = serve(export)) {
            assertThat(run("nbdinfo", "--map", server.uri().toString()).lines().map(String::strip))
                    .containsExactly(
                            "0     1048576    3  hole,zero",
                            "1048576     1048576    0  data",
                            "2097152     3145728    3  hole,zero",
                            "5242880        4096    0  data",
                            "5246976  1099506380800    3  hole,zero");
            assertThat(run("nbdinfo", "--map=x:y", server.uri().toString())).endsWith(" 7");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 511, 513, 3 * MIB + 1})
    @Needs.Libnbd
    void nbdcopyReadsAndWritesAnySize(long size) throws Exception {
        var bytes = new byte[(int) size];
        new Random(size).nextBytes(bytes);
        var source = Files.write(folder.resolve("source"), bytes);
        var disk = MemoryStorage.of(size);
        try (var server = serve(ExportOptions.of("", disk))) {
            for (var uri : uris(server)) {
                var copy = folder.resolve("copy");
                run("nbdcopy", "--flush", source.toString(), uri);
                assertThat(content(disk)).isEqualTo(bytes);
                run("nbdcopy", uri, copy.toString());
                assertThat(Files.readAllBytes(copy)).isEqualTo(bytes);
                if (size > 0) {
                    disk.zero(0, size, ZeroMode.MAY_PUNCH);
                }
            }
        }
    }

    @Test
    @Needs.Libnbd
    void nbdcopyReadsNoHolesAndUsesSeveralConnections() throws Exception {
        try (var server = serve(ExportOptions.of("", sparseDisk(1L << 30)))) {
            run("nbdcopy", "--connections=4", "--threads=4", server.uri().toString(), "null:");
            assertThat(server.acceptedCount()).isEqualTo(4);
            assertThat(server.requestLog().requests(Command.READ).stream()
                            .mapToLong(LoggedRequest::length)
                            .sum())
                    .isLessThan(2 * MIB);
        }
    }

    @Test
    @Needs.Qemu
    void qemuImgConvertsComparesAndMaps() throws Exception {
        var disk = sparseDisk(SIZE);
        var target = FileStorage.create(folder.resolve("target"), SIZE);
        var qcow2 = folder.resolve("disk.qcow2").toString();
        try (target;
                var server = serve(ExportOptions.of("", disk), ExportOptions.of("target", target))) {
            for (var uri : uris(server)) {
                run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri, qcow2);
                assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", uri, qcow2))
                        .contains("Images are identical.");
            }
            var uri = server.uri("target").toString();
            run("qemu-img", "convert", "-n", "-f", "qcow2", "-O", "raw", qcow2, uri);
            assertThat(content(target)).isEqualTo(content(disk));
            assertThat(run("qemu-img", "map", "-f", "raw", server.tcpUri("").toString()))
                    .contains("0x100000        0x100000", "0x500000        0x1000");
        }
    }

    @Test
    @Needs.Qemu
    void qemuIoWritesZeroesDiscardsAndFlushes() throws Exception {
        var disk = MemoryStorage.of(SIZE);
        try (var server = serve(ExportOptions.of("", disk))) {
            for (var uri : uris(server)) {
                run(
                        "qemu-io",
                        "-f",
                        "raw",
                        "-c",
                        "write -P 7 1M 300k",
                        "-c",
                        "read -P 7 1M 300k",
                        "-c",
                        "write -f -P 8 2M 4k",
                        "-c",
                        "write -z 1M 64k",
                        "-c",
                        "read -P 0 1M 64k",
                        "-c",
                        "write -zu 1088k 64k",
                        "-c",
                        "discard 1152k 64k",
                        "-c",
                        "flush",
                        uri);
            }
            assertThat(disk.extentAt(MIB, 64 << 10)).isEqualTo(Extent.zero(64 << 10));
            assertThat(disk.extentAt(MIB + (64 << 10), MIB)).isEqualTo(Extent.hole(128 << 10));
            assertThat(server.requestLog().requests(Command.WRITE)).anyMatch(write -> write.has(Command.FUA));
            assertThat(server.requestLog().requests(Command.WRITE_ZEROES))
                    .anyMatch(zeroes -> zeroes.has(Command.NO_HOLE));
            assertThat(server.requestLog().requests(Command.TRIM)).isNotEmpty();
        }
    }

    @Test
    @Needs.Qemu
    void qemuIoKeepsToTheBlockSizes() throws Exception {
        var export = ExportOptions.of("", MemoryStorage.of(SIZE)).withBlockSizes(4096, 4096, 64 << 10);
        try (var server = serve(export)) {
            run(
                    "qemu-io",
                    "-f",
                    "raw",
                    "-c",
                    "write -P 3 512 1M",
                    "-c",
                    "read -P 3 512 1M",
                    server.uri().toString());
            assertThat(server.requestLog().requests())
                    .filteredOn(request -> request.command() != Command.DISC)
                    .allMatch(request -> request.error() == 0 && request.offset() % 4096 == 0);
        }
    }

    @Test
    @Needs.Libnbd
    void nbdcopyFailsWhereAFaultIsSetAndNotWithout() throws Exception {
        try (var server = serve(ExportOptions.of("", sparseDisk(SIZE)))) {
            var fault = server.faults().add(Fault.on(Command.READ).nth(1).fail(ErrorCode.EIO));
            assertThat(Tools.run("nbdcopy", server.uri().toString(), "null:").exitCode())
                    .isNotZero();
            assertThat(fault.fired()).isEqualTo(1);
            run("nbdcopy", server.uri().toString(), "null:");
        }
    }
}
