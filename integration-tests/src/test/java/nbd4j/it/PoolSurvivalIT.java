// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.client.ConnectOptions;
import nbd4j.model.NbdException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.pool.BackOff;
import nbd4j.pool.NbdPool;
import nbd4j.pool.PoolEvent;
import nbd4j.pool.PoolOptions;
import nbd4j.pool.RetryPolicy;
import nbd4j.pool.SharedCalls;
import nbd4j.pool.Upkeep;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pool's rows of the fault matrix, with real nbdkit processes that are killed, stopped and started again. */
@Needs.Nbdkit
@Timeout(120)
final class PoolSurvivalIT {
    private static final int SIZE = 16 << 20;
    private static final int PIECE = 64 << 10;
    private static final int CALLERS = 16;

    @TempDir
    Path directory;

    private final byte[] content = new byte[SIZE];
    private final List<PoolEvent> events = new CopyOnWriteArrayList<>();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private RestartableNbdkit nbdkit;
    private Path disk;

    @BeforeEach
    void makeDisk() throws IOException {
        new Random(4).nextBytes(content);
        disk = Files.write(directory.resolve("disk.img"), content);
        nbdkit = new RestartableNbdkit(directory);
    }

    @AfterEach
    void stop() throws InterruptedException {
        nbdkit.close();
        callers.shutdownNow();
    }

    private PoolOptions options() {
        return PoolOptions.defaults()
                .withConnect(ConnectOptions.defaults()
                        .withSilenceTimeout(Duration.ofSeconds(1))
                        .withHandshakeTimeout(Duration.ofSeconds(1))
                        .withCloseTimeout(Duration.ofMillis(300)))
                .withWaitLimit(Duration.ofSeconds(20))
                .withUpkeep(Upkeep.defaults()
                        .withRedial(BackOff.defaults().withDelays(Duration.ofMillis(20), Duration.ofMillis(300))))
                .withListener(events::add);
    }

    /** Reads the whole disk a few times by many callers, and compares. Counts the reads. */
    private List<Future<Void>> readAll(SharedCalls calls, int rounds, AtomicInteger reads) {
        var futures = new ArrayList<Future<Void>>();
        for (int caller = 0; caller < CALLERS; caller++) {
            int first = caller;
            Callable<Void> work = () -> {
                for (int round = 0; round < rounds; round++) {
                    for (int at = first * PIECE; at < SIZE; at += CALLERS * PIECE) {
                        var found = ByteBuffer.allocate(PIECE);
                        calls.read(at, found);
                        assertThat(found.flip()).as("at %d", at).isEqualTo(ByteBuffer.wrap(content, at, PIECE));
                        reads.incrementAndGet();
                    }
                }
                return null;
            };
            futures.add(callers.submit(work));
        }
        return futures;
    }

    private static void await(List<Future<Void>> futures) throws Exception {
        for (Future<Void> future : futures) {
            future.get(60, TimeUnit.SECONDS);
        }
    }

    private static void awaitTrue(Callable<Boolean> wanted) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!wanted.call()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    @Test
    void fC10ReadersSurviveAServerThatIsKilledAndStartedAgain() throws Exception {
        nbdkit.start("file", disk.toString());
        try (NbdPool pool = NbdPool.open(nbdkit.uri(), options())) {
            var reads = new AtomicInteger();
            List<Future<Void>> readers = readAll(pool.retrying(), 20, reads);
            for (int kill = 1; kill <= 3; kill++) {
                int wanted = kill * 300;
                awaitTrue(() -> reads.get() > wanted);
                nbdkit.kill();
                nbdkit.start("file", disk.toString());
            }
            await(readers);

            assertThat(reads).hasValue(20 * SIZE / PIECE);
            assertThat(pool.stats().lost()).as("the faults happened").isGreaterThanOrEqualTo(3);
            assertThat(pool.lifetime()).isGreaterThan(1);
        }
    }

    @Test
    void fC08AStoppedServerIsAnErrorInTimeAndIsUsedAgainWhenItGoesOn() throws Exception {
        nbdkit.start("file", disk.toString());
        try (NbdPool pool = NbdPool.open(nbdkit.uri(), options())) {
            await(readAll(pool, 1, new AtomicInteger()));
            nbdkit.signal("STOP");
            long began = System.nanoTime();
            var calls = pool.retrying(RetryPolicy.defaults().withBudget(Duration.ofSeconds(4)));
            assertThatThrownBy(() -> calls.read(0, ByteBuffer.allocate(PIECE)))
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.retryable()).isTrue());
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));

            nbdkit.signal("CONT");
            await(readAll(pool.retrying(), 1, new AtomicInteger()));
        }
    }

    @Test
    void fC11AServerThatComesBackWithAnotherSizeGetsNoWrite() throws Exception {
        nbdkit.start("file", disk.toString());
        Path other = Files.write(directory.resolve("other.img"), new byte[SIZE / 2]);
        try (NbdPool pool = NbdPool.open(nbdkit.uri(), options())) {
            nbdkit.kill();
            nbdkit.start("file", other.toString());
            var full = ByteBuffer.wrap(content, 0, PIECE);

            assertThatThrownBy(() -> pool.retrying().write(0, full))
                    .isInstanceOf(NbdNegotiationException.class)
                    .hasMessageContaining("size 8388608 instead of 16777216");
        }
        assertThat(Files.readAllBytes(other)).containsOnly(0);
    }

    @Test
    void fC13AServerThatEndsWithItsLastClientIsServedToTheEnd() throws Exception {
        nbdkit.start("--filter=exitlast", "file", disk.toString());
        try (NbdPool pool = NbdPool.open(nbdkit.uri(), options())) {
            await(readAll(pool, 2, new AtomicInteger()));
            assertThat(pool.stats().failures()).isZero();
        }
        assertThat(nbdkit.ends()).as("it ended with the pool").isTrue();
    }

    @Test
    void fC14AServerThatTakesOneClientIsUsedWithOneWarning() throws Exception {
        nbdkit.start("--filter=limit", "file", disk.toString(), "limit=1");
        try (NbdPool pool = NbdPool.open(nbdkit.uri(), options())) {
            assertThat(pool.export().flags().canMultiConn()).isTrue();
            await(readAll(pool, 2, new AtomicInteger()));
            awaitTrue(() -> pool.stats().dialFailures() > 3);

            assertThat(pool.stats()).matches(stats -> stats.live() == 1 && stats.failures() == 0 && stats.lost() == 0);
            assertThat(events)
                    .filteredOn(event -> event instanceof PoolEvent.Degraded)
                    .hasSize(1);
        }
    }

    @Test
    void fC15AServerThatServesOneClientAfterTheOtherIsUsedOverOneConnection() throws Exception {
        nbdkit.start("--filter=noparallel", "file", disk.toString(), "serialize=connections");
        try (NbdPool pool = NbdPool.open(nbdkit.uri(), options())) {
            await(readAll(pool, 2, new AtomicInteger()));

            assertThat(pool.stats()).matches(stats -> stats.live() == 1 && stats.failures() == 0);
        }
    }

    @Test
    void fC17AServerThatIsNotThereYetIsWaitedFor() throws Exception {
        var opened =
                callers.submit(() -> NbdPool.open(nbdkit.uri(), options().withConnectWait(Duration.ofSeconds(30))));
        assertThatThrownBy(() -> NbdPool.open(nbdkit.uri(), options())).isInstanceOf(IOException.class);
        nbdkit.start("file", disk.toString());
        try (NbdPool pool = opened.get(40, TimeUnit.SECONDS)) {
            await(readAll(pool, 1, new AtomicInteger()));
        }
    }

    /** A write-back cache forgets on SIGKILL what was not flushed; the lifetime tells which writes these are. */
    @Test
    void fD16WritesThatTheCacheForgotAreWrittenAgain() throws Exception {
        Path target = Files.write(directory.resolve("target.img"), new byte[SIZE]);
        String[] command = {"--filter=cache", "file", target.toString(), "cache=writeback"};
        nbdkit.start(command);
        try (NbdPool pool = NbdPool.open(nbdkit.uri(), options())) {
            SharedCalls calls = pool.retrying();
            Map<Integer, Long> written = new HashMap<>();
            for (int at = 0; at < SIZE; at += PIECE) {
                written.put(at, calls.lifetime());
                calls.write(at, ByteBuffer.wrap(content, at, PIECE));
                if (at == SIZE / 2) {
                    nbdkit.kill();
                    nbdkit.start(command);
                }
            }
            assertThat(flushUntilAllIsDurable(calls, written))
                    .as("pieces written again")
                    .isPositive();
        }
        nbdkit.kill();
        assertThat(Files.mismatch(target, disk)).isEqualTo(-1);
    }

    /** Flushes, and writes again what is not of the lifetime that was flushed, until all is. Returns how often. */
    private int flushUntilAllIsDurable(SharedCalls calls, Map<Integer, Long> written) throws IOException {
        int repeated = 0;
        while (true) {
            long good = calls.flush();
            int before = repeated;
            for (Map.Entry<Integer, Long> piece : written.entrySet()) {
                if (piece.getValue() != good) {
                    piece.setValue(calls.lifetime());
                    calls.write(piece.getKey(), ByteBuffer.wrap(content, piece.getKey(), PIECE));
                    repeated++;
                }
            }
            if (repeated == before) {
                return repeated;
            }
        }
    }
}
