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
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import nbd4j.client.ConnectOptions;
import nbd4j.copy.CopyOptions;
import nbd4j.copy.CopyProgress;
import nbd4j.copy.CopyReport;
import nbd4j.copy.ParallelCopier;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.model.NbdTimeoutException;
import nbd4j.pool.BackOff;
import nbd4j.pool.NbdPool;
import nbd4j.pool.PoolOptions;
import nbd4j.pool.SharedCalls;
import nbd4j.pool.Upkeep;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * F-C19: a network that is cut without a word and comes back, with nbdkit at its far end.
 */
@Needs.Nbdkit
@Needs.Netns
@Timeout(120)
final class NetworkCutIT {
    private static final int SIZE = 16 << 20;
    private static final int PIECE = 64 << 10;
    private static final int CALLERS = 16;
    private static final int CONNECTIONS = 4;

    @TempDir
    Path directory;

    private final byte[] content = new byte[SIZE];
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private NetworkNamespace network;
    private RestartableNbdkit nbdkit;
    private Path disk;

    @BeforeEach
    void connect() throws IOException, InterruptedException {
        new Random(19).nextBytes(content);
        disk = Files.write(directory.resolve("disk.img"), content);
        network = NetworkNamespace.open();
        nbdkit = new RestartableNbdkit(directory, network);
    }

    @AfterEach
    void disconnect() throws IOException, InterruptedException {
        callers.shutdownNow();
        nbdkit.close();
        network.close();
    }

    private static ConnectOptions impatient() {
        return ConnectOptions.defaults()
                .withConnectTimeout(Duration.ofSeconds(1))
                .withHandshakeTimeout(Duration.ofSeconds(1))
                .withSilenceTimeout(Duration.ofSeconds(1))
                .withCloseTimeout(Duration.ofMillis(300));
    }

    private NbdPool open(Upkeep upkeep) throws Exception {
        var options = PoolOptions.defaults()
                .withConnect(impatient())
                .withConnections(CONNECTIONS)
                .withWaitLimit(Duration.ofSeconds(30))
                .withUpkeep(upkeep.withRedial(
                        BackOff.defaults().withDelays(Duration.ofMillis(20), Duration.ofMillis(300))));
        NbdPool pool = NbdPool.open(nbdkit.uri(), options);
        assertThat(pool.awaitConnections(CONNECTIONS, Duration.ofSeconds(20))).isTrue();
        return pool;
    }

    /** Reads the whole disk by many callers, and compares. */
    private List<Future<Void>> readAll(SharedCalls calls) {
        var futures = new ArrayList<Future<Void>>();
        for (int caller = 0; caller < CALLERS; caller++) {
            int first = caller;
            Callable<Void> work = () -> {
                for (int at = first * PIECE; at < SIZE; at += CALLERS * PIECE) {
                    var found = ByteBuffer.allocate(PIECE);
                    calls.read(at, found);
                    assertThat(found.flip()).as("at %d", at).isEqualTo(ByteBuffer.wrap(content, at, PIECE));
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
    void fC19CallsFailInTimeWhileTheNetworkIsCutAndThePoolServesOnWhenItIsBack() throws Exception {
        nbdkit.start("file", disk.toString());
        try (NbdPool pool = open(Upkeep.defaults())) {
            await(readAll(pool));
            network.cut();
            long began = System.nanoTime();
            assertThatThrownBy(() -> pool.read(0, ByteBuffer.allocate(PIECE))).isInstanceOf(NbdTimeoutException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isBetween(Duration.ofMillis(900), Duration.ofSeconds(15));

            List<Future<Void>> readers = readAll(pool.retrying());
            awaitTrue(() -> pool.stats().lost() == CONNECTIONS && pool.stats().dialFailures() > CONNECTIONS);
            assertThat(readers).noneMatch(Future::isDone);
            network.mend();
            await(readers);

            assertThat(pool.awaitConnections(CONNECTIONS, Duration.ofSeconds(20)))
                    .isTrue();
            assertThat(pool.lifetime()).as("nobody vouches for the server").isEqualTo(2);
        }
    }

    @Test
    void fC19IdleConnectionsThatDiedSilentlyAreFoundAndReplaced() throws Exception {
        nbdkit.start("file", disk.toString());
        try (NbdPool pool = open(Upkeep.defaults().withKeepAlive(Duration.ofMillis(200)))) {
            network.cut();
            awaitTrue(() -> pool.stats().lost() == CONNECTIONS);
            network.mend();
            assertThat(pool.awaitConnections(CONNECTIONS, Duration.ofSeconds(20)))
                    .isTrue();

            await(readAll(pool));
        }
    }

    @Test
    void fC19ACopyGoesOnWhenTheNetworkIsBack() throws Exception {
        nbdkit.start("--filter=delay", "file", disk.toString(), "rdelay=50ms");
        Path copy = directory.resolve("copy.img");
        var ends = EndpointOptions.defaults()
                .withConnect(impatient())
                .withRequests(2)
                .withReconnectFor(Duration.ofSeconds(60));
        var options = CopyOptions.defaults().withRequestSize(PIECE).withRetryFor(Duration.ofSeconds(60));
        try (Source source = Endpoints.source(Location.parse(nbdkit.uri()), ends);
                Target target = Endpoints.target(Copies.at(copy), ends)) {
            var copier = new ParallelCopier(source, target, options);
            Future<CopyReport> report = callers.submit(() -> copier.run());
            awaitTrue(() -> copier.progress().read() > 0);
            network.cut();
            awaitTrue(() -> copier.progress().reconnects() == CONNECTIONS);
            assertThat(report.isDone()).isFalse();
            network.mend();

            CopyProgress end = report.get(60, TimeUnit.SECONDS).progress();
            assertThat(end.retried()).isPositive();
            assertThat(end.read()).isEqualTo(SIZE);
        }
        assertThat(Files.mismatch(copy, disk)).isEqualTo(-1);
    }
}
