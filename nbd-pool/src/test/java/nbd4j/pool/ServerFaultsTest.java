// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import nbd4j.client.ConnectOptions;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.pool.PoolFixture.Task;
import nbd4j.server.ActiveFault;
import nbd4j.server.Capability;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.Fault;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.PatternStorage;
import nbd4j.server.ServerOptions;
import nbd4j.server.Storage;
import nbd4j.server.WriteBackCache;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The fault matrix over real sockets, with the embedded server. */
@Timeout(60)
class ServerFaultsTest {
    private static final int SIZE = 8 << 20;
    private static final int PIECE = 64 << 10;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<PoolEvent> events = new CopyOnWriteArrayList<>();

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

    private NbdServer servePattern() throws IOException {
        return serve(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)));
    }

    private PoolOptions options() {
        return PoolOptions.defaults()
                .withConnect(ConnectOptions.defaults()
                        .withSilenceTimeout(Duration.ofSeconds(20))
                        .withHandshakeTimeout(Duration.ofSeconds(2))
                        .withCloseTimeout(Duration.ofMillis(200)))
                .withWaitLimit(Duration.ofSeconds(10))
                .withCloseWait(Duration.ofSeconds(1))
                .withUpkeep(Upkeep.defaults()
                        .withRedial(BackOff.defaults().withDelays(Duration.ofMillis(10), Duration.ofMillis(200))))
                .withListener(events::add);
    }

    private NbdPool open(NbdServer server, PoolOptions options) throws IOException {
        NbdPool pool = NbdPool.open(server.uri().toString(), options);
        opened.add(pool);
        return pool;
    }

    private NbdPool openComplete(NbdServer server, PoolOptions options) throws IOException {
        NbdPool pool = open(server, options);
        await(pool, stats -> stats.live() == options.connections());
        return pool;
    }

    /** Reads everything by some threads at once and compares. */
    private static void readAll(SharedCalls calls, int threads) throws Exception {
        var tasks = new ArrayList<Task<Void>>();
        for (int thread = 0; thread < threads; thread++) {
            int first = thread;
            tasks.add(start(() -> {
                for (long at = (long) first * PIECE; at < SIZE; at += (long) threads * PIECE) {
                    ByteBuffer found = bytes(PIECE);
                    calls.read(at, found);
                    ByteBuffer expected = bytes(PIECE);
                    PatternStorage.fill(at, expected);
                    assertThat(found.flip()).as("at %d", at).isEqualTo(expected.flip());
                }
                return null;
            }));
        }
        for (Task<Void> task : tasks) {
            task.result();
        }
    }

    @Test
    void fC01OneConnectionIsCutInTheMiddleOfAReplyAndNothingIsLost() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        ActiveFault cut = server.faults().add(Fault.on(Command.READ).nth(10).cut(3000));

        readAll(pool.retrying(), 8);

        assertThat(cut.fired()).isOne();
        assertThat(pool.stats().retries()).isBetween(1L, 8L);
        await(pool, stats -> stats.live() == 4 && stats.lost() == 1);
        assertThat(pool.lifetime()).as("the others vouch for the server").isEqualTo(1);
    }

    @Test
    void fC02EveryConnectionIsCutOnceAndNothingIsLost() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        var resets = new ArrayList<ActiveFault>();
        for (int connection = 1; connection <= 4; connection++) {
            resets.add(server.faults()
                    .add(Fault.on(Command.READ).onConnection(connection).nth(3).reset()));
        }
        readAll(pool.retrying(), 16);

        assertThat(resets).allMatch(reset -> reset.fired() == 1);
        assertThat(pool.stats().lost()).isEqualTo(4);
    }

    @Test
    void fC03AHandshakeThatIsCutOffIsAnErrorAndIsTriedAgainWhereThatIsAskedFor() throws Exception {
        NbdServer server = servePattern();
        server.faults().cutConnectionsAfter(10);
        assertThatThrownBy(() -> open(server, options())).isInstanceOf(NbdDisconnectedException.class);
        server.faults().cutConnectionsAfter(100);
        assertThatThrownBy(() -> open(server, options().withConnectWait(Duration.ofMillis(300))))
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("no connection within PT0.3S");
        assertThat(server.acceptedCount()).isGreaterThan(3);

        server.faults().clear();
        readAll(open(server, options()), 2);
    }

    @Test
    void fC04AConnectionThatStallsIsReplacedAfterTheSilenceTimeout() throws Exception {
        NbdServer server = servePattern();
        var connect = options().connect().withSilenceTimeout(Duration.ofMillis(700));
        NbdPool pool = openComplete(server, options().withConnect(connect));
        ActiveFault stall = server.faults()
                .add(Fault.on(Command.READ).onConnection(2).after(2).stall());
        long began = System.nanoTime();

        readAll(pool.retrying(), 16);

        assertThat(stall.fired()).isPositive();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
        await(pool, stats -> stats.lost() >= 1 && stats.live() == 4);
    }

    @Test
    void fC07APauseShorterThanTheLimitCostsNothingButTime() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        server.faults().add(Fault.on(Command.READ).first(64).delay(Duration.ofMillis(400)));

        readAll(pool, 64);

        assertThat(pool.stats()).matches(stats -> stats.lost() == 0 && stats.failures() == 0);
    }

    @Test
    void fC09AServerThatStaysAwayIsAnErrorWithinTheBudget() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        server.kill();
        long began = System.nanoTime();

        assertThatThrownBy(() -> pool.retrying(RetryPolicy.defaults().withBudget(Duration.ofSeconds(1)))
                        .read(0, bytes(512)))
                .isInstanceOfSatisfying(
                        NbdException.class, e -> assertThat(e.retryable()).isTrue());
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }

    /** The user's side of the bargain: what was written in another lifetime than that of the flush is written again. */
    @Test
    void fC10WritesThatACrashForgotAreKnownByTheirLifetimeAndWrittenAgain() throws Exception {
        var disk = MemoryStorage.of(SIZE);
        NbdServer server = serve(ServerOptions.defaults().withExport(WriteBackCache.over(disk)));
        NbdPool pool = openComplete(server, options());
        SharedCalls calls = pool.retrying();
        Map<Long, Long> written = new HashMap<>();
        for (long at = 0; at < SIZE; at += PIECE) {
            if (at == SIZE / 2) {
                server.kill();
                server.restart();
            }
            long lifetime = calls.lifetime();
            calls.write(at, pattern(at));
            written.put(at, lifetime);
        }
        int repeated = 0;
        boolean durable;
        do {
            long good = calls.flush();
            durable = true;
            for (Map.Entry<Long, Long> piece : written.entrySet()) {
                if (piece.getValue() != good) {
                    piece.setValue(calls.lifetime());
                    calls.write(piece.getKey(), pattern(piece.getKey()));
                    durable = false;
                    repeated++;
                }
            }
        } while (!durable);

        assertThat(repeated).as("pieces written again").isPositive();
        for (long at = 0; at < SIZE; at += PIECE) {
            ByteBuffer found = bytes(PIECE);
            disk.read(at, found);
            assertThat(found.flip()).as("at %d", at).isEqualTo(pattern(at));
        }
    }

    private static ByteBuffer pattern(long offset) {
        ByteBuffer buffer = bytes(PIECE);
        PatternStorage.fill(offset, buffer);
        return buffer.flip();
    }

    @Test
    void fC11AServerThatComesBackWithAnotherSizeIsNotWrittenTo() throws Exception {
        NbdServer server = serve(ServerOptions.defaults().withExport(MemoryStorage.of(SIZE)));
        NbdPool pool = openComplete(server, options());
        int port = server.port();
        server.close();
        NbdServer other = serve(ServerOptions.defaults()
                .withTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .withExport(MemoryStorage.of(SIZE * 2L)));

        assertThatThrownBy(() -> pool.retrying().write(0, bytes(512)))
                .isInstanceOf(NbdNegotiationException.class)
                .hasMessageContaining("size 16777216 instead of 8388608");
        assertThatThrownBy(() -> pool.write(0, bytes(512))).isInstanceOf(NbdNegotiationException.class);
        assertThat(other.requestLog().requests(Command.WRITE)).isEmpty();
    }

    @Test
    void fC12AServerThatShutsDownIsLeftInOrder() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        var stopping = start(() -> {
            server.stop(Duration.ofSeconds(1));
            return null;
        });
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        IOException failure = null;
        while (failure == null && System.nanoTime() < end) {
            try {
                pool.read(0, bytes(512));
            } catch (IOException e) {
                failure = e;
            }
        }
        stopping.result();
        assertThat(failure)
                .isInstanceOfAny(NbdCommandException.class, NbdDisconnectedException.class, NbdTimeoutException.class);
        server.restart();
        readAll(pool.retrying(), 4);
    }

    @Test
    void fC13TheOnlyConnectionOfAOneShotServerIsKeptAndUsed() throws Exception {
        NbdServer server = serve(ServerOptions.defaults()
                .withExport(PatternStorage.of(SIZE))
                .withMaximumConnections(1)
                .withOneShot());
        NbdPool pool = open(server, options());

        readAll(pool, 4);
        pool.close();

        assertThat(server.awaitStopped(Duration.ofSeconds(5))).isTrue();
        assertThat(server.acceptedCount()).isOne();
    }

    @Test
    void fC14FewerConnectionsThanAdvertisedAreUsedWithOneWarning() throws Exception {
        for (int limit = 1; limit <= 2; limit++) {
            events.clear();
            NbdServer server = serve(
                    ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).withMaximumConnections(limit));
            NbdPool pool = open(server, options());
            await(pool, stats -> stats.dialFailures() > 6);
            readAll(pool, 8);

            assertThat(pool.stats().live()).isEqualTo(limit);
            assertThat(pool.stats().failures()).isZero();
            assertThat(events)
                    .filteredOn(event -> event instanceof PoolEvent.Degraded)
                    .hasSize(1);
        }
    }

    @Test
    void fC15AServerThatDoesNotGreetIsAnErrorWithinTheHandshakeLimit() throws Exception {
        NbdServer server = serve(
                ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).withOpenDelay(Duration.ofSeconds(30)));
        var connect = options().connect().withHandshakeTimeout(Duration.ofMillis(300));
        long began = System.nanoTime();

        assertThatThrownBy(() -> open(server, options().withConnect(connect))).isInstanceOf(NbdTimeoutException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void fC16ConnectionsThatOpenSlowlyAreMadeSideBySide() throws Exception {
        NbdServer server = serve(
                ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).withOpenDelay(Duration.ofMillis(300)));
        long began = System.nanoTime();
        NbdPool pool = openComplete(server, options().withConnections(8));

        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .as("two rounds of 300 ms, not eight")
                .isLessThan(Duration.ofMillis(1800));
        assertThat(pool.stats().dialFailures()).isZero();
    }

    @Test
    void fC17NobodyThereIsAnErrorAtOnce() throws Exception {
        int port;
        try (var nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = nobody.getLocalPort();
        }

        assertThatThrownBy(() -> NbdPool.open("nbd://127.0.0.1:" + port, options()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("efused");
        assertThatThrownBy(() -> NbdPool.open("nbd+unix:///?socket=/nonexistent/nbd4j.sock", options()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/nonexistent/nbd4j.sock");
    }

    @Test
    void connectWaitBridgesTheTimeUntilTheServerIsThere() throws Exception {
        NbdServer server = servePattern();
        server.kill();
        var pool = start(() -> open(server, options().withConnectWait(Duration.ofSeconds(20))));
        assertThat(pool.task().isDone()).isFalse();
        server.restart();

        readAll(pool.result(), 2);
    }

    @Test
    void fP01AConnectionThatDiesIdleIsReplacedBeforeAnybodyNotices() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        for (int round = 1; round <= 3; round++) {
            int lost = round;
            server.dropOldestConnection();
            await(pool, stats -> stats.lost() == lost && stats.live() == 4);
            readAll(pool, 4);
        }
        assertThat(pool.stats().failures()).isZero();
    }

    @Test
    void fP02EveryRequestOfADeadConnectionFailsOnceAndIsRetryable() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options().withConnections(1));
        server.faults().add(Fault.on(Command.READ).first(9).stall());
        ActiveFault drop = server.faults().add(Fault.on(Command.READ).nth(10).drop());
        var failures = new CopyOnWriteArrayList<IOException>();
        var tasks = new ArrayList<Task<Void>>();
        for (int call = 0; call < 10; call++) {
            tasks.add(start(() -> {
                try {
                    pool.read(0, bytes(512));
                } catch (IOException e) {
                    failures.add(e);
                }
                return null;
            }));
        }
        for (Task<Void> task : tasks) {
            task.result();
        }

        assertThat(drop.fired()).isOne();
        assertThat(failures).hasSize(10).allMatch(e -> e instanceof NbdDisconnectedException);
        assertThat(pool.stats().failures()).isEqualTo(10);
    }

    @Test
    void fP05ClosingSaysGoodbyeOnEveryConnection() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        readAll(pool, 4);
        pool.close();

        assertThat(server.awaitNoConnections(Duration.ofSeconds(5))).isTrue();
        assertThat(server.requestLog().requests(Command.DISC)).hasSize(4);
        assertThatThrownBy(() -> pool.read(0, bytes(512))).hasMessageContaining("the pool is closed");
    }

    @Test
    void fP08AfterARestartEverySlotDialsOnceForEachStep() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        readAll(pool, 4);
        int before = server.acceptedCount();
        var callers = new ArrayList<Task<Void>>();
        server.kill();
        for (int caller = 0; caller < 200; caller++) {
            callers.add(start(() -> {
                pool.retrying().read(0, bytes(512));
                return null;
            }));
        }
        server.restart();
        for (Task<Void> caller : callers) {
            caller.result();
        }
        await(pool, stats -> stats.live() == 4);
        assertThat(server.acceptedCount() - before).isEqualTo(4);
    }

    /** ORD-03, INV-4: a flush is sent after the replies of the writes that it covers, on whichever connection. */
    @Test
    void aFlushFollowsTheRepliesOfTheWritesItCovers() throws Exception {
        NbdServer server = serve(ServerOptions.defaults().withExport(MemoryStorage.of(SIZE)));
        NbdPool pool = openComplete(server, options());
        server.faults().add(Fault.on(Command.WRITE).every(3).delay(Duration.ofMillis(20)));
        for (int round = 0; round < 5; round++) {
            var writers = new ArrayList<Task<Void>>();
            for (int writer = 0; writer < 16; writer++) {
                long at = (long) writer * PIECE;
                writers.add(start(() -> {
                    pool.write(at, pattern(at));
                    return null;
                }));
            }
            for (Task<Void> writer : writers) {
                writer.result();
            }
            pool.flush();
        }
        List<LoggedRequest> writes = server.requestLog().requests(Command.WRITE);
        List<LoggedRequest> flushes = server.requestLog().requests(Command.FLUSH);
        assertThat(writes).hasSize(80);
        assertThat(flushes).hasSize(5);
        for (int round = 0; round < 5; round++) {
            long sent = flushes.get(round).order();
            assertThat(writes.subList(round * 16, round * 16 + 16))
                    .allMatch(write -> write.replied() && write.replyOrder() < sent);
        }
        assertThat(writes.stream().map(LoggedRequest::connection).distinct()).hasSizeGreaterThan(1);
    }

    @Test
    void usesOneConnectionWithoutCanMultiConn() throws Exception {
        NbdServer server = serve(
                ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).without(Capability.MULTI_CONN));
        NbdPool pool = open(server, options().withConnections(8));
        readAll(pool, 16);

        assertThat(server.acceptedCount()).isOne();
    }

    @Test
    void errorsOfTheServerAreRepeatedAsThePolicySays() throws Exception {
        NbdServer server = servePattern();
        NbdPool pool = openComplete(server, options());
        ActiveFault once = server.faults().add(Fault.on(Command.READ).nth(5).fail(ErrorCode.EIO));
        readAll(pool.retrying(), 4);
        assertThat(once.fired()).isOne();
        assertThat(pool.stats().retries()).isOne();

        server.faults().add(Fault.on(Command.READ).fail(ErrorCode.EPERM));
        assertThatThrownBy(() -> pool.retrying().read(0, bytes(512))).hasMessageContaining("EPERM");
        assertThat(pool.stats().retries()).isOne();
    }

    @Test
    void aLeaseIsAConnectionLikeAnyOther() throws Exception {
        Storage storage = MemoryStorage.of(SIZE);
        NbdServer server = serve(ServerOptions.defaults().withExport(storage));
        NbdPool pool = openComplete(server, options());
        try (Lease lease = pool.lease(Duration.ofSeconds(5))) {
            lease.connection().write(0, pattern(0));
            lease.connection().flush();
        }
        ByteBuffer found = bytes(PIECE);
        pool.read(0, found);
        assertThat(found.flip()).isEqualTo(pattern(0));
    }
}
