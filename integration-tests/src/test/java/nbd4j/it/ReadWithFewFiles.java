// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;
import nbd4j.pool.BackOff;
import nbd4j.pool.NbdPool;
import nbd4j.pool.PoolEvent;
import nbd4j.pool.PoolListener;
import nbd4j.pool.PoolOptions;
import nbd4j.pool.PoolStats;
import nbd4j.pool.Upkeep;

/** A program that reads an export over as many connections as its limit of open files allows, and says how it went. */
final class ReadWithFewFiles {
    private static final int PIECE = 64 << 10;
    private static final int CALLERS = 16;
    private static final long POLL_NANOS = 1_000_000;
    private static final int MOST_FILES = 1000;
    /** Keeps the files open that were taken. */
    private static final List<FileChannel> TAKEN = new ArrayList<>();

    private ReadWithFewFiles() {}

    /**
     * Takes a URI, a number of connections, how many failures to connect to wait for, and how many files to leave to the
     * pool: a number, or {@code all}.
     */
    public static void main(String[] arguments) throws Exception {
        String uri = arguments[0];
        int connections = Integer.parseInt(arguments[1]);
        int wanted = Integer.parseInt(arguments[2]);
        // Whatever classes it takes are loaded while there are files to be had.
        try (NbdPool first = open(uri, 1, event -> {})) {
            read(first);
        }
        if (!arguments[3].equals("all")) {
            takeAllFilesBut(Integer.parseInt(arguments[3]));
        }
        var warnings = new CopyOnWriteArrayList<PoolEvent.Degraded>();
        PoolListener listener = event -> {
            if (event instanceof PoolEvent.Degraded degraded) {
                warnings.add(degraded);
            }
        };
        PoolStats stats;
        long crc;
        try (NbdPool pool = open(uri, connections, listener)) {
            while (pool.stats().dialFailures() < wanted) {
                LockSupport.parkNanos(POLL_NANOS);
            }
            crc = read(pool);
            stats = pool.stats();
        }
        System.out.printf(
                "live %d of %d, warnings %d, failed calls %d, lost %d, crc %08x, %s%n",
                stats.live(), stats.wished(), warnings.size(), stats.failures(), stats.lost(), crc, warnings);
    }

    private static void takeAllFilesBut(int left) throws IOException {
        var taken = new ArrayList<FileChannel>();
        try {
            while (taken.size() < MOST_FILES) {
                taken.add(FileChannel.open(Path.of("/dev/null")));
            }
        } catch (FileSystemException full) {
            for (FileChannel one : taken.subList(0, left)) {
                one.close();
            }
            TAKEN.addAll(taken);
            return;
        }
        throw new IllegalStateException("there is no limit of open files");
    }

    private static NbdPool open(String uri, int connections, PoolListener listener) throws IOException {
        BackOff soon = BackOff.defaults().withDelays(Duration.ofMillis(10), Duration.ofMillis(100));
        return NbdPool.open(
                uri,
                PoolOptions.defaults()
                        .withConnections(connections)
                        .withUpkeep(Upkeep.defaults().withRedial(soon))
                        .withListener(listener));
    }

    /** Reads everything by many threads at once and returns its checksum. */
    private static long read(NbdPool pool) throws Exception {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(pool.export().size()));
        var results = new ArrayList<Future<?>>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int caller = 0; caller < CALLERS; caller++) {
                int first = caller;
                results.add(callers.submit(() -> {
                    for (int at = first * PIECE; at < all.limit(); at += CALLERS * PIECE) {
                        pool.read(at, all.slice(at, Math.min(PIECE, all.limit() - at)));
                    }
                    return null;
                }));
            }
            for (Future<?> result : results) {
                result.get();
            }
        }
        var checksum = new CRC32();
        checksum.update(all);
        return checksum.getValue();
    }
}
