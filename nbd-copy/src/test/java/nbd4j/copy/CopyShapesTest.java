// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.server.Capability;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.Fault;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.StorageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Copies in every shape: connections, requests in flight and their size, with servers that lack one thing or another.
 * Whatever the shape, the target has the bytes of the source.
 */
@Timeout(120)
final class CopyShapesTest {
    private static final int SIZE = (3 << 20) + 512;
    private static final int[] CONNECTIONS = {1, 4, 8};
    private static final int[] DEPTHS = {1, 16, 64};
    private static final int[] REQUESTS = {4 << 10, 64 << 10, 256 << 10, 4 << 20, 32 << 20};

    @ParameterizedTest
    @ValueSource(
            strings = {"", "EXTENDED_HEADERS", "STRUCTURED_REPLY", "META_CONTEXT", "WRITE_ZEROES", "MULTI_CONN", "FLUSH"
            })
    void copiesEveryByteInEveryShape(String missing) throws IOException {
        Capability[] off = missing.isEmpty() ? new Capability[0] : new Capability[] {Capability.valueOf(missing)};
        MemoryStorage from = disk(SIZE);
        byte[] expected = content(from);
        MemoryStorage to = MemoryStorage.of(SIZE);
        try (NbdServer source = NbdServer.start(
                        ServerOptions.defaults().withExport(from).without(off));
                NbdServer target =
                        NbdServer.start(ServerOptions.defaults().withExport(to).without(off))) {
            for (int connections : CONNECTIONS) {
                for (int depth : DEPTHS) {
                    for (int request : REQUESTS) {
                        dirty(to);
                        var ends = EndpointOptions.defaults()
                                .withConnections(connections)
                                .withRequests(depth);
                        CopyReport report =
                                copy(source, target, CopyOptions.defaults().withRequestSize(request), ends);

                        assertThat(Arrays.mismatch(content(to), expected))
                                .as("%d connections, depth %d, %d bytes", connections, depth, request)
                                .isEqualTo(-1);
                        assertThat(report.progress().finished()).isEqualTo(SIZE);
                        assertThat(report.durable()).isEqualTo(!missing.equals("FLUSH"));
                    }
                }
            }
        }
    }

    @Test
    void readsWhatEverySecondBlockStatusDoesNotTell() throws IOException {
        long size = 4L << 30;
        MemoryStorage from = MemoryStorage.of(size);
        from.write(size - SIZE, ByteBuffer.wrap(content(disk(SIZE))));
        MemoryStorage to = MemoryStorage.of(size);
        try (NbdServer source = NbdServer.start(ServerOptions.defaults()
                        .withExport(from)
                        .without(Capability.EXTENDED_HEADERS)
                        .withRequestLog(100_000));
                NbdServer target = NbdServer.start(ServerOptions.defaults().withExport(to))) {
            source.faults().add(Fault.on(Command.BLOCK_STATUS).every(2).fail(ErrorCode.EIO));
            CopyReport report = copy(source, target, CopyOptions.defaults(), EndpointOptions.defaults());

            assertThat(source.requestLog().requests(Command.BLOCK_STATUS)).hasSizeGreaterThan(1);
            assertThat(report.progress().warnings()).isPositive();
            assertThat(report.progress().read()).isBetween(64L << 20, size);
            ByteBuffer tail = ByteBuffer.allocate(SIZE);
            to.read(size - SIZE, tail);
            assertThat(Arrays.mismatch(tail.array(), content(disk(SIZE)))).isEqualTo(-1);
        }
    }

    @Test
    void asksForAThousandPiecesOnAFewThreadsThatEndWithTheCopy() throws Exception {
        var threads = new ConcurrentLinkedQueue<Thread>();
        ThreadFactory counting = work -> {
            Thread thread = Thread.ofPlatform().daemon().unstarted(work);
            threads.add(thread);
            return thread;
        };
        try (NbdServer source = NbdServer.start(ServerOptions.defaults()
                .withExport(MemoryStorage.of(1L << 40))
                .without(Capability.EXTENDED_HEADERS)
                .withRequestLog(10_000))) {
            try (Source from = Endpoints.source(new Location.Uri(source.uri().toString()), EndpointOptions.defaults());
                    Target to = Endpoints.target(new Location.Null(), EndpointOptions.defaults())) {
                new ParallelCopier(from, to, CopyOptions.defaults().withThreads(counting)).run();
            }
            assertThat(source.requestLog().requests(Command.BLOCK_STATUS)).hasSizeGreaterThan(1000);
        }
        assertThat(threads).as("threads").hasSizeLessThan(200);
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(5))).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 20, 4096, 100_000})
    void readsAgainWhereAReplyIsCutOff(int bytes) throws IOException {
        // No holes, so that every reply is longer than the cut.
        byte[] data = new byte[SIZE];
        new Random(bytes).nextBytes(data);
        MemoryStorage from = MemoryStorage.of(SIZE);
        from.write(0, ByteBuffer.wrap(data));
        MemoryStorage to = MemoryStorage.of(SIZE);
        dirty(to);
        try (NbdServer source = NbdServer.start(ServerOptions.defaults().withExport(from));
                NbdServer target = NbdServer.start(ServerOptions.defaults().withExport(to))) {
            source.faults().add(Fault.on(Command.READ).nth(4).cut(bytes));
            CopyReport report =
                    copy(source, target, CopyOptions.defaults().withRequestSize(256 << 10), EndpointOptions.defaults());

            assertThat(Arrays.mismatch(content(to), content(from))).isEqualTo(-1);
            assertThat(report.progress().reconnects()).as("the fault fired").isPositive();
            assertThat(report.progress().retried()).isPositive();
        }
    }

    private static CopyReport copy(NbdServer from, NbdServer to, CopyOptions options, EndpointOptions ends)
            throws IOException {
        try (Source source = Endpoints.source(new Location.Uri(from.uri().toString()), ends);
                Target target = Endpoints.target(new Location.Uri(to.uri().toString()), ends)) {
            return new ParallelCopier(source, target, options).run();
        }
    }

    /** Data, holes, and zeroes that are allocated, in lengths of every order; data in the last byte. */
    private static MemoryStorage disk(int size) throws StorageException {
        MemoryStorage storage = MemoryStorage.of(size);
        Random random = new Random(size);
        for (int at = 0; at < size; ) {
            byte[] bytes = new byte[Math.min(size - at, 1 + (int) Math.exp(random.nextDouble() * 14))];
            int kind = random.nextInt(3);
            if (kind == 1) {
                random.nextBytes(bytes);
            }
            if (kind > 0) {
                storage.write(at, ByteBuffer.wrap(bytes));
            }
            at += bytes.length;
        }
        storage.write(size - 1, ByteBuffer.wrap(new byte[] {7}));
        return storage;
    }

    private static void dirty(MemoryStorage storage) throws StorageException {
        byte[] bytes = new byte[Math.toIntExact(storage.size())];
        Arrays.fill(bytes, (byte) 0xff);
        storage.write(0, ByteBuffer.wrap(bytes));
    }

    private static byte[] content(MemoryStorage storage) {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(storage.size()));
        storage.read(0, all);
        return all.array();
    }
}
