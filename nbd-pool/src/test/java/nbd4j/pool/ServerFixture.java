// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import nbd4j.client.ConnectOptions;
import nbd4j.pool.PoolFixture.Task;
import nbd4j.server.NbdServer;
import nbd4j.server.PatternStorage;
import nbd4j.server.ServerOptions;

/** Embedded servers, with pools on them whose limits are short; closes what it opened. */
final class ServerFixture implements AutoCloseable {
    static final int SIZE = 8 << 20;
    static final int PIECE = 64 << 10;

    final List<PoolEvent> events = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();

    NbdServer serve(ServerOptions options) throws IOException {
        NbdServer server = NbdServer.start(options.withRequestLog(10_000));
        opened.add(server);
        return server;
    }

    NbdServer servePattern() throws IOException {
        return serve(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)));
    }

    PoolOptions options() {
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

    NbdPool open(NbdServer server, PoolOptions options) throws IOException {
        NbdPool pool = NbdPool.open(server.uri().toString(), options);
        opened.add(pool);
        return pool;
    }

    NbdPool openComplete(NbdServer server, PoolOptions options) throws IOException {
        NbdPool pool = open(server, options);
        await(pool, stats -> stats.live() == options.connections());
        return pool;
    }

    /** Reads everything by some threads at once and compares. */
    static void readAll(SharedCalls calls, int threads) throws Exception {
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

    static ByteBuffer pattern(long offset) {
        ByteBuffer buffer = bytes(PIECE);
        PatternStorage.fill(offset, buffer);
        return buffer.flip();
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }
}
