// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.testkit.MemorySource;
import nbd4j.server.Capability;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.ExportOptions;
import nbd4j.server.Fault;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.StorageException;
import nbd4j.server.WriteBackCache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies between embedded servers: what arrived, and what was sent. */
@Timeout(60)
class NbdCopyTest {
    private static final int MIB = 1 << 20;
    private static final long GIB = 1L << 30;

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Capability.class)
    void copiesWithoutAnyOneCapabilityOfEitherServer(Capability missing) throws Exception {
        // EXPORT_NAME, which replaces GO, may not follow extended headers (proto.md, NBD_OPT_EXTENDED_HEADERS).
        Capability[] off = missing == Capability.GO
                ? new Capability[] {missing, Capability.EXTENDED_HEADERS}
                : new Capability[] {missing};
        MemoryStorage from = disk(9 * MIB + 512, 1);
        MemoryStorage to = dirty(from.size());
        try (NbdServer source = server(ServerOptions.defaults().withExport(from).without(off));
                NbdServer target =
                        server(ServerOptions.defaults().withExport(to).without(off))) {
            CopyReport report = copy(source.uri(), target.uri(), CopyOptions.defaults());

            assertThat(content(to)).isEqualTo(content(from));
            assertThat(report.progress().finished()).isEqualTo(from.size());
            assertThat(source.awaitNoConnections(Duration.ofSeconds(5))).isTrue();
        }
    }

    @Test
    void flushesAfterTheLastWriteWasAnswered() throws Exception {
        MemoryStorage from = disk(4 * MIB, 2);
        MemoryStorage to = dirty(from.size());
        try (NbdServer source = server(ServerOptions.defaults().withExport(from));
                NbdServer target =
                        server(ServerOptions.defaults().withExport(to).withRequestLog(10_000))) {
            CopyReport report = copy(source.uri(), target.uri(), CopyOptions.defaults());

            List<LoggedRequest> flushes = target.requestLog().requests(Command.FLUSH);
            assertThat(flushes).hasSize(1);
            assertThat(target.requestLog().requests())
                    .filteredOn(
                            request -> request.command() == Command.WRITE || request.command() == Command.WRITE_ZEROES)
                    .isNotEmpty()
                    .allMatch(request -> request.replied()
                            && request.replyOrder() < flushes.getFirst().order());
            assertThat(report.durable()).isTrue();
        }
    }

    /** A source that blocks begins with as many lanes as there are processors. */
    @Test
    void usesAllConnectionsToAFarTargetOfASourceThatBlocks() throws Exception {
        var content = new byte[Math.toIntExact(32 * MIB)];
        Arrays.fill(content, (byte) 1);
        MemoryStorage to = MemoryStorage.of(content.length);
        try (NbdServer target = server(ServerOptions.defaults().withExport(to).withRequestLog(1000));
                Source from = new MemorySource(content);
                Target end = Endpoints.target(
                        Location.parse(target.uri().toString()),
                        EndpointOptions.defaults().withConnections(4))) {
            target.faults().add(Fault.on(Command.WRITE).delay(Duration.ofMillis(100)));
            new ParallelCopier(from, end, CopyOptions.defaults().withRequestSize(256 << 10)).run();

            assertThat(content(to)).isEqualTo(content);
            assertThat(target.requestLog().requests(Command.WRITE))
                    .extracting(LoggedRequest::connection)
                    .satisfies(used -> assertThat(Set.copyOf(used)).hasSize(4));
        }
    }

    @Test
    void sendsExactlyTheDataOfAHugeSparseDisk() throws Exception {
        MemoryStorage from = MemoryStorage.of(5 * GIB);
        put(from, GIB - 1, 1);
        put(from, 4 * GIB - 1, 1);
        put(from, 4 * GIB, 1);
        MemoryStorage to = MemoryStorage.of(5 * GIB);
        try (NbdServer source = server(ServerOptions.defaults().withExport(from).withRequestLog(10_000));
                NbdServer target =
                        server(ServerOptions.defaults().withExport(to).withRequestLog(10_000))) {
            CopyOptions options = CopyOptions.defaults().withSparse(0).withRequestSize(32_768);
            CopyReport report = copy(source.uri(), target.uri(), options);

            long read = source.requestLog().requests(Command.READ).stream()
                    .mapToLong(LoggedRequest::length)
                    .sum();
            long zeroed = target.requestLog().requests(Command.WRITE_ZEROES).stream()
                    .mapToLong(LoggedRequest::length)
                    .sum();
            assertThat(report.progress().read()).isEqualTo(read).isLessThanOrEqualTo(4 * 65_536);
            assertThat(report.progress().written()).isEqualTo(read);
            assertThat(zeroed).isEqualTo(5 * GIB - read);
            assertThat(target.requestLog().requests(Command.WRITE_ZEROES)).hasSizeLessThanOrEqualTo(9);
            assertThat(target.requestLog().requests(Command.TRIM)).isEmpty();
            assertThat(get(to, GIB - 1)).isEqualTo((byte) 1);
            assertThat(get(to, 4 * GIB - 1)).isEqualTo((byte) 1);
            assertThat(get(to, 4 * GIB)).isEqualTo((byte) 1);
        }
    }

    @Test
    void sendsNoHoleWhereTheTargetIsToBeAllocated() throws Exception {
        MemoryStorage to = dirty(MIB);
        try (NbdServer source = server(ServerOptions.defaults().withExport(MemoryStorage.of(MIB)));
                NbdServer target =
                        server(ServerOptions.defaults().withExport(to).withRequestLog(100))) {
            copy(source.uri(), target.uri(), CopyOptions.defaults().withAllocated(true));

            assertThat(target.requestLog().requests(Command.WRITE_ZEROES))
                    .isNotEmpty()
                    .allMatch(request -> request.has(Command.NO_HOLE));
        }
    }

    @Test
    void takesFastZeroesWhereOffered() throws Exception {
        try (NbdServer source = server(ServerOptions.defaults().withExport(MemoryStorage.of(MIB)));
                NbdServer target =
                        server(ServerOptions.defaults().withExport(dirty(MIB)).withRequestLog(100))) {
            target.faults().add(Fault.on(Command.WRITE_ZEROES).first(1).fail(ErrorCode.ENOTSUP));
            copy(source.uri(), target.uri(), CopyOptions.defaults());

            List<LoggedRequest> zeroes = target.requestLog().requests(Command.WRITE_ZEROES);
            assertThat(zeroes).hasSize(2);
            assertThat(zeroes.getFirst().has(Command.FAST_ZERO)).isTrue();
            assertThat(zeroes.getLast().has(Command.FAST_ZERO)).isFalse();
        }
    }

    @Test
    void writesZeroesWhereZeroingFails() throws Exception {
        MemoryStorage to = dirty(3 * MIB);
        try (NbdServer source = server(ServerOptions.defaults().withExport(MemoryStorage.of(3 * MIB)));
                NbdServer target = server(ServerOptions.defaults().withExport(to))) {
            target.faults().add(Fault.on(Command.WRITE_ZEROES).fail(ErrorCode.EIO));
            CopyReport report = copy(source.uri(), target.uri(), CopyOptions.defaults());

            assertThat(content(to)).containsOnly(0);
            assertThat(report.progress().zeroed()).isEqualTo(3 * MIB);
        }
    }

    @Test
    void obeysTheBlockSizesOfTheServers() throws Exception {
        MemoryStorage from = disk(4 * MIB, 3);
        MemoryStorage to = dirty(from.size());
        ExportOptions narrow = ExportOptions.of("", to).withBlockSizes(4096, 4096, 65_536);
        ExportOptions wide = ExportOptions.of("", from).withBlockSizes(512, 32 * MIB, 32 * MIB);
        try (NbdServer source = server(ServerOptions.defaults().withExport(wide));
                NbdServer target =
                        server(ServerOptions.defaults().withExport(narrow).withRequestLog(1000))) {
            copy(source.uri(), target.uri(), CopyOptions.defaults());

            assertThat(content(to)).isEqualTo(content(from));
            assertThat(target.requestLog().requests(Command.WRITE))
                    .isNotEmpty()
                    .allMatch(request -> request.length() <= 65_536 && request.offset() % 4096 == 0);
        }
    }

    @Test
    void survivesTheLossOfAConnection() throws Exception {
        MemoryStorage from = disk(16 * MIB, 4);
        MemoryStorage to = dirty(from.size());
        try (NbdServer source = server(ServerOptions.defaults().withExport(from));
                NbdServer target = server(ServerOptions.defaults().withExport(to))) {
            source.faults().add(Fault.on(Command.READ).nth(20).drop());
            target.faults().add(Fault.on(Command.WRITE).nth(10).drop());
            CopyReport report = copy(source.uri(), target.uri(), CopyOptions.defaults());

            assertThat(content(to)).isEqualTo(content(from));
            assertThat(report.progress().retried()).isPositive();
            assertThat(report.progress().reconnects()).isPositive();
        }
    }

    @Test
    void repeatsReadsThatFailOnce() throws Exception {
        MemoryStorage from = disk(4 * MIB, 5);
        MemoryStorage to = dirty(from.size());
        try (NbdServer source = server(ServerOptions.defaults().withExport(from));
                NbdServer target = server(ServerOptions.defaults().withExport(to))) {
            source.faults().add(Fault.on(Command.READ).first(3).fail(ErrorCode.EIO));
            CopyReport report = copy(source.uri(), target.uri(), CopyOptions.defaults());

            assertThat(content(to)).isEqualTo(content(from));
            assertThat(report.progress().retried()).isEqualTo(3);
        }
    }

    @Test
    void refusesAReadOnlyTargetBeforeReading() throws Exception {
        ExportOptions readOnly = ExportOptions.of("", MemoryStorage.of(MIB)).withReadOnly();
        try (NbdServer source =
                        server(ServerOptions.defaults().withExport(disk(MIB, 6)).withRequestLog(10));
                NbdServer target = server(ServerOptions.defaults().withExport(readOnly))) {
            assertThatThrownBy(() -> copy(source.uri(), target.uri(), CopyOptions.defaults()))
                    .isInstanceOf(EndpointException.class)
                    .hasMessage("target: " + target.uri() + " is read-only");
            assertThat(source.requestLog().requests(Command.READ)).isEmpty();
        }
    }

    @Test
    void namesTheServerThatIsNotThere() throws Exception {
        URI gone;
        try (NbdServer server = server(ServerOptions.defaults().withExport(MemoryStorage.of(MIB)))) {
            gone = server.uri();
        }

        assertThatThrownBy(() -> Endpoints.source(location(gone), EndpointOptions.defaults()))
                .isInstanceOf(EndpointException.class)
                .hasMessageStartingWith("source: ");
    }

    @Test
    void leavesNoFileBehindWhenTheServerFails() throws Exception {
        Path file = directory.resolve("disk.img");
        try (NbdServer source = server(ServerOptions.defaults().withExport(disk(4 * MIB, 7)))) {
            source.faults().add(Fault.on(Command.READ).after(5).fail(ErrorCode.EPERM));

            assertThatThrownBy(() -> copy(source.uri(), file.toUri(), CopyOptions.defaults()))
                    .isInstanceOf(EndpointException.class)
                    .hasMessageContaining("EPERM");
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void copiesToAFileAndBack() throws Exception {
        MemoryStorage from = disk(5 * MIB + 1, 8);
        MemoryStorage to = dirty(from.size());
        Path file = directory.resolve("disk.img");
        try (NbdServer source = server(ServerOptions.defaults().withExport(from));
                NbdServer target = server(ServerOptions.defaults().withExport(to))) {
            copy(source.uri(), file.toUri(), CopyOptions.defaults());
            assertThat(file).hasBinaryContent(content(from));

            copy(file.toUri(), target.uri(), CopyOptions.defaults());
            assertThat(content(to)).isEqualTo(content(from));
        }
    }

    @Test
    void writesAgainWhatARestartedTargetMayHaveLost() throws Exception {
        MemoryStorage from = disk(8 * MIB, 9);
        MemoryStorage to = dirty(from.size());
        try (NbdServer source = server(ServerOptions.defaults().withExport(from));
                NbdServer target = server(ServerOptions.defaults()
                        .withExport(WriteBackCache.over(to))
                        .withRequestLog(10_000))) {
            source.faults().add(Fault.on(Command.READ).after(6).delay(Duration.ofMillis(30)));
            Thread restarter = Thread.startVirtualThread(() -> {
                try {
                    target.requestLog()
                            .await(
                                    requests -> requests.stream().anyMatch(LoggedRequest::replied),
                                    Duration.ofSeconds(30));
                    target.kill();
                    target.restart();
                } catch (InterruptedException | IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            CopyReport report = copy(source.uri(), target.uri(), CopyOptions.defaults());
            restarter.join();

            assertThat(content(to)).isEqualTo(content(from));
            assertThat(report.progress().rounds()).isPositive();
        }
    }

    @Test
    void usesOneConnectionWhereMoreAreNotConsistent() throws Exception {
        MemoryStorage to = dirty(8 * MIB);
        try (NbdServer source = server(ServerOptions.defaults().withExport(disk(8 * MIB, 10)));
                NbdServer target =
                        server(ServerOptions.defaults().withExport(to).without(Capability.MULTI_CONN))) {
            copy(source.uri(), target.uri(), CopyOptions.defaults());

            assertThat(target.acceptedCount()).isEqualTo(1);
            assertThat(source.acceptedCount()).isGreaterThanOrEqualTo(1);
        }
    }

    private NbdServer server(ServerOptions options) throws IOException {
        return NbdServer.start(options);
    }

    private static CopyReport copy(URI from, URI to, CopyOptions options) throws IOException {
        EndpointOptions endpoints = EndpointOptions.defaults();
        try (Source source = Endpoints.source(location(from), endpoints);
                Target target = Endpoints.target(location(to), endpoints)) {
            return new ParallelCopier(source, target, options).run();
        }
    }

    private static Location location(URI uri) {
        return "file".equals(uri.getScheme()) ? new Location.File(Path.of(uri)) : Location.parse(uri.toString());
    }

    /** Data, holes, and zeroes that are allocated; data in the last byte. */
    private static MemoryStorage disk(long size, int seed) throws StorageException {
        MemoryStorage storage = MemoryStorage.of(size);
        Random random = new Random(seed);
        for (long at = 0; at < size; ) {
            int length = Math.toIntExact(Math.min(size - at, 1 + (long) Math.exp(random.nextDouble() * 14)));
            byte[] bytes = new byte[length];
            int kind = random.nextInt(3);
            if (kind > 0) {
                if (kind == 1) {
                    random.nextBytes(bytes);
                }
                storage.write(at, ByteBuffer.wrap(bytes));
            }
            at += length;
        }
        put(storage, size - 1, 7);
        return storage;
    }

    private static MemoryStorage dirty(long size) throws StorageException {
        MemoryStorage storage = MemoryStorage.of(size);
        byte[] bytes = new byte[Math.toIntExact(size)];
        java.util.Arrays.fill(bytes, (byte) 0xff);
        storage.write(0, ByteBuffer.wrap(bytes));
        return storage;
    }

    private static void put(MemoryStorage storage, long offset, int value) throws StorageException {
        storage.write(offset, ByteBuffer.wrap(new byte[] {(byte) value}));
    }

    private static byte get(MemoryStorage storage, long offset) {
        ByteBuffer one = ByteBuffer.allocate(1);
        storage.read(offset, one);
        return one.get(0);
    }

    private static byte[] content(MemoryStorage storage) {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(storage.size()));
        storage.read(0, all);
        return all.array();
    }
}
