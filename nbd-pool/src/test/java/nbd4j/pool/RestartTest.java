// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static nbd4j.pool.ServerFixture.PIECE;
import static nbd4j.pool.ServerFixture.SIZE;
import static nbd4j.pool.ServerFixture.pattern;
import static nbd4j.pool.ServerFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.pool.PoolFixture.Task;
import nbd4j.server.Command;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.WriteBackCache;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that go away and come back, over real sockets. */
@Timeout(60)
class RestartTest {
    private final ServerFixture fixture = new ServerFixture();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void fC09AServerThatStaysAwayIsAnErrorWithinTheBudget() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
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
        NbdServer server = fixture.serve(ServerOptions.defaults().withExport(WriteBackCache.over(disk)));
        NbdPool pool = fixture.openComplete(server, fixture.options());
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

    @Test
    void fC11AServerThatComesBackWithAnotherSizeIsNotWrittenTo() throws Exception {
        NbdServer server = fixture.serve(ServerOptions.defaults().withExport(MemoryStorage.of(SIZE)));
        NbdPool pool = fixture.openComplete(server, fixture.options());
        int port = server.port();
        server.close();
        NbdServer other = fixture.serve(ServerOptions.defaults()
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
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
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
    void fP08AfterARestartEverySlotDialsOnceForEachStep() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
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
}
