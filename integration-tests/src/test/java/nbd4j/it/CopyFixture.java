// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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

/** A disk of random bytes, a folder, and copies with short limits that can be watched while they run. */
final class CopyFixture implements AutoCloseable {
    static final int SIZE = 16 << 20;

    private static final long POLL_NANOS = 1_000_000;

    final Path directory;
    final Path disk;
    /** How long what failed is tried again. */
    Duration patience = Duration.ofSeconds(20);
    /** How long a server may be silent: long, where that is not the fault, for a crowded machine. */
    Duration silence = Duration.ofSeconds(20);
    /** How long a handshake may take. */
    Duration handshake = Duration.ofSeconds(20);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    CopyFixture(Path directory) throws IOException {
        this.directory = directory;
        byte[] content = new byte[SIZE];
        new Random(3).nextBytes(content);
        disk = Files.write(directory.resolve("disk.img"), content);
    }

    /** A copy that runs. */
    record Running(ParallelCopier copier, Future<CopyReport> future) {
        CopyReport end() throws Exception {
            return future.get(60, TimeUnit.SECONDS);
        }

        CopyProgress progress() {
            return copier.progress();
        }
    }

    EndpointOptions ends() {
        return EndpointOptions.defaults()
                .withRequests(4)
                .withReconnectFor(patience)
                .withConnect(ConnectOptions.defaults()
                        .withLocalFilesFromUri(true)
                        .withHandshakeTimeout(handshake)
                        .withSilenceTimeout(silence)
                        .withCloseTimeout(Duration.ofMillis(300)));
    }

    CopyOptions options() {
        return CopyOptions.defaults().withRequestSize(64 << 10).withRetryFor(patience);
    }

    /** Copies and returns the report; the ends are closed. */
    CopyReport copy(String from, String to) throws IOException {
        return Copies.copy(Location.parse(from), Location.parse(to), options(), ends());
    }

    /** Does something while a copy runs, from the time on when it has read some of the disk. */
    CopyReport copyWhile(String from, String to, Action action) throws Exception {
        try (Source source = Endpoints.source(Location.parse(from), ends());
                Target target = Endpoints.target(Location.parse(to), ends())) {
            var copier = new ParallelCopier(source, target, options());
            var running = new Running(copier, threads.submit(() -> copier.run()));
            awaitTrue(() ->
                    copier.progress().read() > SIZE / 8 || running.future().isDone());
            assertThat(running.future().isDone())
                    .as("done before the fault: %s", copier.progress())
                    .isFalse();
            action.run(running);
            return running.end();
        }
    }

    interface Action {
        void run(Running copy) throws Exception;
    }

    static void awaitTrue(Callable<Boolean> wanted) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!wanted.call()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
