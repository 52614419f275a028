// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import nbd4j.client.NbdConnection;
import org.jspecify.annotations.Nullable;

/**
 * Does a workload over some connections and measures it. At full speed each connection has one worker, which keeps as many
 * requests in flight as are to be; with a rate it has as many workers, each of which sends one request when it is due. The
 * first failure ends the run.
 */
public final class Run {
    /** Requests that were never sent are charged in groups: there may be thousands of millions. */
    private static final long MOST_GROUPS = 10_000;

    private final Workload workload;
    private final List<NbdConnection> connections;
    private final Content content;
    private final Written written;
    /** The next block of sequential work, counted without end. */
    private final AtomicLong nextBlock = new AtomicLong();
    /** The next request that is due, where there is a rate. */
    private final AtomicLong nextTicket = new AtomicLong();

    private final LongAdder begun = new LongAdder();

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final long beginNanos = System.nanoTime();
    private final long measureNanos;
    private final long endNanos;

    private Run(Workload workload, List<NbdConnection> connections) {
        this.workload = workload;
        this.connections = connections;
        content = new Content(workload.seed());
        written = new Written(workload);
        measureNanos = beginNanos + workload.warmUp().toNanos();
        endNanos = measureNanos + workload.duration().toNanos();
    }

    /**
     * Runs a workload. The calling thread waits.
     *
     * @param connections as many as the workload says; they stay open
     * @throws IOException if a request failed, or what was read back was not what was written
     */
    public static Measurement of(Workload workload, List<NbdConnection> connections)
            throws IOException, InterruptedException {
        return new Run(workload, connections).measure();
    }

    private Measurement measure() throws IOException, InterruptedException {
        int seconds = Math.toIntExact(workload.duration().toSeconds()) + 1;
        // 150 KiB for each worker's latencies; a tenth of that where there are many workers.
        int digits = workload.workers() <= 256 ? 3 : 2;
        List<Tally> tallies = new ArrayList<>();
        List<Thread> workers = new ArrayList<>();
        boolean fullSpeed = workload.rate() == 0;
        for (int i = 0; i < (fullSpeed ? workload.connections() : workload.workers()); i++) {
            var tally = new Tally(digits, seconds);
            NbdConnection connection = connections.get(i % workload.connections());
            var random = new SplittableRandom(workload.seed() + i);
            tallies.add(tally);
            // A thread that waits for nothing but its own socket is best a platform thread: it waits in the kernel.
            Thread.Builder thread = fullSpeed ? Thread.ofPlatform() : Thread.ofVirtual();
            workers.add(thread.name("nbd-bench-", i)
                    .start(() -> work(connection, random, tally, fullSpeed ? workload.depth() : 1)));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        rethrow();
        var all = new Tally(digits, seconds);
        tallies.forEach(all::add);
        if (workload.rate() > 0) {
            chargeUnsent(all);
        }
        long verified = workload.verify() ? written.verify(connections, content) : -1;
        return new Measurement(workload, workload.duration().toNanos() / 1e9, all, verified);
    }

    /** Charges requests that were due and never sent with the time they had waited at the end: a lower bound. */
    private void chargeUnsent(Tally all) {
        double gap = 1e9 / workload.rate();
        // Requests are begun in the order in which they are due, so those not sent are the last ones.
        long first = Math.max(begun.sum(), (long) Math.ceil((measureNanos - beginNanos) / gap));
        long unsent = (long) Math.ceil((endNanos - beginNanos) / gap) - first;
        long groups = Math.clamp(unsent, 0, MOST_GROUPS);
        for (long group = 0; group < groups; group++) {
            long from = unsent * group / groups;
            long to = unsent * (group + 1) / groups;
            all.recordUnsent(endNanos - beginNanos - (long) ((first + (from + to) / 2) * gap), to - from);
        }
    }

    private void rethrow() throws IOException {
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Throwable e -> throw new IOException(e);
        }
    }

    private void work(NbdConnection connection, SplittableRandom random, Tally tally, int depth) {
        try (var window = new Window(connection, workload, content, written)) {
            while (failure.get() == null) {
                while (window.size() < depth) {
                    long due = awaitTurn();
                    // A server that does not keep up with the rate does not make the run longer.
                    if (due >= endNanos || System.nanoTime() >= endNanos) {
                        break;
                    }
                    begun.increment();
                    window.send(isRead(random), nextOffset(random), due);
                }
                if (window.size() == 0) {
                    return;
                }
                window.await((read, due, done) -> record(tally, read, due, done));
            }
        } catch (IOException | RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    private void record(Tally tally, boolean read, long due, long done) {
        if (due < measureNanos) {
            return;
        }
        // A request that the end overtook counts with its latency, or a server that stalls at the end would look good,
        // but not among those done in time.
        tally.record(read, done - due);
        if (done <= endNanos) {
            tally.finish((int) ((done - measureNanos) / 1_000_000_000L));
        }
    }

    /** Returns when the next request begins, or began to be due. */
    private long awaitTurn() {
        if (workload.rate() == 0) {
            return System.nanoTime();
        }
        long due = beginNanos + (long) (nextTicket.getAndIncrement() * (1e9 / workload.rate()));
        while (due < endNanos && due - System.nanoTime() > 0) {
            LockSupport.parkNanos(this, due - System.nanoTime());
        }
        return due;
    }

    private boolean isRead(SplittableRandom random) {
        return switch (workload.access()) {
            case READ, RANDREAD -> true;
            case WRITE, RANDWRITE, ZERO, TRIM -> false;
            case RANDRW -> random.nextInt(100) < workload.readPercent();
        };
    }

    private long nextOffset(SplittableRandom random) {
        long block = workload.access().random()
                ? random.nextLong(workload.blocks())
                : nextBlock.getAndIncrement() % workload.blocks();
        return workload.offset() + block * workload.blockSize();
    }
}
