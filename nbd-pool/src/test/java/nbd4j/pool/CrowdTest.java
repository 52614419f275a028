// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import nbd4j.server.NbdServer;
import nbd4j.server.PatternStorage;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** F-P07: very many callers on few connections. */
@Timeout(120)
class CrowdTest {
    private static final int CALLERS = 10_000;
    private static final int CONNECTIONS = 4;
    private static final int BLOCK = 4096;
    private static final long SIZE = 64 << 20;
    /** What a run may leave behind: classes, code and caches that are made on first use. */
    private static final long HEAP_SLACK = 24 << 20;

    private interface Work {
        void run(NbdPool pool, int caller) throws IOException;
    }

    @Test
    void fP07TenThousandCallersAreServedFairlyAndLeaveNothingBehind(@TempDir Path directory) throws Exception {
        crowd(directory, (pool, caller) -> pool.read((long) caller * BLOCK % SIZE, bytes(BLOCK)));
    }

    @Test
    void fP07TenThousandBorrowersAreServedFairlyAndLeaveNothingBehind(@TempDir Path directory) throws Exception {
        crowd(directory, (pool, caller) -> {
            try (Lease lease = pool.lease(Duration.ofSeconds(60))) {
                lease.connection().read((long) caller * BLOCK % SIZE, bytes(BLOCK));
            }
        });
    }

    private static void crowd(Path directory, Work work) throws Exception {
        try (NbdServer server = NbdServer.start(ServerOptions.defaults().withExport(PatternStorage.of(SIZE)))) {
            serve(server, work); // everything is loaded and compiled after this
            int files = openFiles();
            long heap = usedHeap();
            Path recorded = directory.resolve("crowd.jfr");
            long[] nanos;
            try (var recording = new Recording()) {
                recording.enable("jdk.VirtualThreadPinned").withThreshold(Duration.ofMillis(20));
                recording.enable("nbd4j.ConnectionPool");
                recording.start();
                nanos = serve(server, work);
                recording.stop();
                recording.dump(recorded);
            }
            List<RecordedEvent> events = RecordingFile.readAllEvents(recorded);
            Files.delete(recorded);

            Arrays.sort(nanos);
            long median = nanos[CALLERS / 2];
            assertThat(nanos[CALLERS - 1])
                    .as("longest wait, with a median of %s", Duration.ofNanos(median))
                    .isLessThan(50 * median);
            assertThat(events)
                    .filteredOn(event -> isKind(event, "jdk.VirtualThreadPinned"))
                    .isEmpty();
            assertThat(events)
                    .as("the pool's own events")
                    .filteredOn(event -> isKind(event, "nbd4j.ConnectionPool")
                            && event.getString("kind").equals("Connected"))
                    .hasSize(CONNECTIONS);
            assertThat(server.awaitNoConnections(Duration.ofSeconds(10))).isTrue();
            PoolFixture.awaitTrue(CrowdTest::openFiles, open -> open <= files);
            assertThat(usedHeap()).isLessThan(heap + HEAP_SLACK);
        }
    }

    private static boolean isKind(RecordedEvent event, String kind) {
        return event.getEventType().getName().equals(kind);
    }

    /** Returns how long each caller waited for its answer. */
    private static long[] serve(NbdServer server, Work work) throws Exception {
        var nanos = new long[CALLERS];
        var failures = new CopyOnWriteArrayList<Throwable>();
        var start = new CountDownLatch(1);
        var done = new CountDownLatch(CALLERS);
        try (NbdPool pool =
                NbdPool.open(server.uri().toString(), PoolOptions.defaults().withConnections(CONNECTIONS))) {
            await(pool, stats -> stats.live() == CONNECTIONS);
            var callers = new ArrayList<Thread>();
            for (int number = 0; number < CALLERS; number++) {
                int caller = number;
                callers.add(Thread.ofVirtual().start(() -> {
                    try {
                        start.await();
                        long began = System.nanoTime();
                        work.run(pool, caller);
                        nanos[caller] = System.nanoTime() - began;
                    } catch (Throwable e) {
                        failures.add(e);
                    } finally {
                        done.countDown();
                    }
                }));
            }
            start.countDown();
            assertThat(done.await(60, TimeUnit.SECONDS)).as("all served").isTrue();
            assertThat(failures).isEmpty();
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(pool.stats())
                    .matches(stats -> stats.waiting() == 0 && stats.leased() == 0 && stats.live() == CONNECTIONS);
        }
        return nanos;
    }

    private static int openFiles() {
        String[] files = Path.of("/proc/self/fd").toFile().list();
        return files == null ? 0 : files.length;
    }

    private static long usedHeap() {
        System.gc();
        var runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
