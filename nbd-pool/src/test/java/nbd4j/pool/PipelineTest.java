// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import nbd4j.client.ConnectOptions;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.server.Command;
import nbd4j.server.Fault;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.PatternStorage;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pipelines over real sockets, with the embedded server. */
@Timeout(60)
class PipelineTest {
    private static final int SIZE = 8 << 20;
    private static final int PIECE = 64 << 10;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    private NbdServer serve(ServerOptions options) throws IOException {
        NbdServer server = NbdServer.start(options.withRequestLog(10_000));
        opened.add(server);
        return server;
    }

    private NbdPool open(NbdServer server, PoolOptions options) throws IOException {
        NbdPool pool = NbdPool.open(
                server.uri().toString(),
                options.withConnect(ConnectOptions.defaults().withCloseTimeout(Duration.ofMillis(500)))
                        .withUpkeep(Upkeep.defaults()
                                .withRedial(
                                        BackOff.defaults().withDelays(Duration.ofMillis(10), Duration.ofMillis(200)))));
        opened.add(pool);
        await(pool, stats -> stats.live() == options.connections());
        return pool;
    }

    private static void assertPattern(long at, ByteBuffer found) {
        ByteBuffer expected = bytes(PIECE);
        PatternStorage.fill(at, expected);
        assertThat(found.flip()).as("at %d", at).isEqualTo(expected.flip());
    }

    @Test
    void readsManyPiecesFromOneThread() throws Exception {
        NbdServer server = serve(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)));
        NbdPool pool = open(server, PoolOptions.defaults());
        Deque<Pipeline.Reply> replies = new ArrayDeque<>();
        Deque<ByteBuffer> buffers = new ArrayDeque<>();
        long awaited = 0;
        try (Pipeline pipeline = pool.pipeline()) {
            for (long at = 0; at < SIZE; at += PIECE) {
                buffers.add(bytes(PIECE));
                replies.add(Objects.requireNonNull(pipeline.tryRead(at, buffers.getLast())));
                if (replies.size() == 8) {
                    replies.remove().await();
                    assertPattern(awaited, buffers.remove());
                    awaited += PIECE;
                }
            }
            for (; !replies.isEmpty(); awaited += PIECE) {
                replies.remove().await();
                assertPattern(awaited, buffers.remove());
            }
        }
        assertThat(pool.stats().calls()).isEqualTo(SIZE / PIECE);
        assertThat(pool.stats().inFlight()).isZero();
        assertThat(pool.stats().outstandingBytes()).isZero();
    }

    @Test
    void keepsToOneConnectionAndSharesThemOutAmongPipelines() throws Exception {
        NbdServer server = serve(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)));
        NbdPool pool = open(server, PoolOptions.defaults());
        try (Pipeline first = pool.pipeline();
                Pipeline second = pool.pipeline()) {
            for (int round = 0; round < 8; round++) {
                Pipeline.Reply one = Objects.requireNonNull(first.tryRead(0, bytes(512)));
                Pipeline.Reply other = Objects.requireNonNull(second.tryRead(4096, bytes(512)));
                one.await();
                other.await();
            }
        }
        List<LoggedRequest> reads = server.requestLog().requests(Command.READ);
        assertThat(reads.stream().filter(read -> read.offset() == 0).map(LoggedRequest::connection))
                .hasSize(8)
                .containsOnly(connectionOf(reads, 0));
        assertThat(reads.stream().filter(read -> read.offset() == 4096).map(LoggedRequest::connection))
                .hasSize(8)
                .containsOnly(connectionOf(reads, 4096));
        assertThat(connectionOf(reads, 0)).isNotEqualTo(connectionOf(reads, 4096));
    }

    private static int connectionOf(List<LoggedRequest> reads, long offset) {
        return reads.stream()
                .filter(read -> read.offset() == offset)
                .findFirst()
                .orElseThrow()
                .connection();
    }

    @Test
    void writesAndZeroesArriveAndAFlushCoversThem() throws Exception {
        MemoryStorage storage = MemoryStorage.of(SIZE);
        NbdServer server = serve(ServerOptions.defaults().withExport(storage));
        NbdPool pool = open(server, PoolOptions.defaults());
        ByteBuffer data = bytes(PIECE);
        PatternStorage.fill(0, data);
        try (Pipeline pipeline = pool.pipeline()) {
            Pipeline.Reply write = Objects.requireNonNull(pipeline.tryWrite(0, data.flip()));
            Pipeline.Reply zero = Objects.requireNonNull(pipeline.tryWriteZeroes(PIECE, PIECE, Set.of()));
            write.await();
            zero.await();
        }
        assertThat(pool.flush()).isEqualTo(pool.lifetime());
        ByteBuffer found = bytes(PIECE);
        pool.read(0, found);
        assertPattern(0, found);
        assertThat(server.requestLog().requests(Command.WRITE_ZEROES)).hasSize(1);
    }

    @Test
    void hasNoMoreInFlightThanAConnectionTakes() throws Exception {
        NbdServer server = serve(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)));
        NbdPool pool = open(server, PoolOptions.defaults().withConnections(1).withDepth(2));
        try (Pipeline pipeline = pool.pipeline()) {
            Pipeline.Reply first = Objects.requireNonNull(pipeline.tryRead(0, bytes(512)));
            Pipeline.Reply second = Objects.requireNonNull(pipeline.tryRead(512, bytes(512)));
            assertThat(pipeline.tryRead(1024, bytes(512))).isNull();
            first.await();
            Pipeline.Reply third = Objects.requireNonNull(pipeline.tryRead(1024, bytes(512)));
            second.await();
            third.await();
        }
    }

    @Test
    void whatWasInFlightFailsOnceAndTheNextGoesOverAnotherConnection() throws Exception {
        NbdServer server = serve(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)));
        NbdPool pool = open(server, PoolOptions.defaults().withConnections(2));
        server.faults().add(Fault.on(Command.READ).within(PIECE, PIECE).first(1).cut(100));
        try (Pipeline pipeline = pool.pipeline()) {
            Pipeline.Reply cut = Objects.requireNonNull(pipeline.tryRead(PIECE, bytes(PIECE)));
            assertThatThrownBy(cut::await).isInstanceOf(NbdDisconnectedException.class);
            ByteBuffer again = bytes(PIECE);
            Objects.requireNonNull(pipeline.tryRead(PIECE, again)).await();
            assertPattern(PIECE, again);
        }
        PoolStats stats = await(pool, now -> now.live() == 2);
        assertThat(stats.lost()).isOne();
        assertThat(stats.inFlight()).isZero();
        assertThat(stats.retries()).as("nothing is repeated by the pool").isZero();
    }

    @Test
    void refusesAfterThePoolIsClosed() throws Exception {
        NbdServer server = serve(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)));
        NbdPool pool = open(server, PoolOptions.defaults());
        try (Pipeline pipeline = pool.pipeline()) {
            pool.close();
            assertThatThrownBy(() -> pipeline.tryRead(0, bytes(512)))
                    .isInstanceOf(NbdDisconnectedException.class)
                    .hasMessageContaining("the pool is closed");
        }
    }
}
