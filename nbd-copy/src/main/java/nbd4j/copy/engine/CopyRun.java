// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointException.Side;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.hash.DiskHasher;
import nbd4j.copy.plan.Geometry;
import nbd4j.model.NbdDisconnectedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One copy from a source to a target: checks, passes over the disk, flush, finish.
 *
 * <p>{@link #run} is called once, by the thread that waits for the copy. {@link #cancel} and the counters are for any
 * thread. The ends stay the caller's to close; they are closed here only if requests in flight do not end in time.
 */
public final class CopyRun {
    /** A pass is begun again this often before a target that keeps restarting counts as failed. */
    private static final int MOST_PASSES = 8;
    /** Zeroes to be written come from one buffer of this size, so that it stays in the processor's cache. */
    private static final int ZERO_BUFFER = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(CopyRun.class);

    private final Source source;
    private final Target target;
    private final EngineOptions options;
    private final BufferBudget memory;
    private final Settlement settlement;
    private final Counters counters = new Counters();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final ThreadFactory threads;
    private volatile boolean cancelled;
    private volatile @Nullable Crew crew;
    private volatile boolean begun;
    private Optional<String> hash = Optional.empty(); // of the thread that runs the copy

    /** Creates a copy that has not begun. */
    public CopyRun(Source source, Target target, EngineOptions options, BufferBudget memory) {
        this.source = source;
        this.target = target;
        this.options = options;
        this.memory = memory;
        this.threads = options.threads();
        this.settlement = new Settlement(source, target, options, memory);
    }

    /** Returns the counters, which live. */
    public Counters counters() {
        return counters;
    }

    /** Returns what the copy settles before it begins. */
    public Settlement settlement() {
        return settlement;
    }

    /** Returns the digest that was asked for, in hexadecimal digits. For the thread that ran the copy, after it. */
    public Optional<String> hash() {
        return hash;
    }

    /** Returns whether the ends fitted and the target was prepared, so that it may have changed. */
    public boolean begun() {
        return begun;
    }

    /** Asks the copy to end soon: requests in flight are awaited for a while, nothing new is sent. */
    public void cancel() {
        cancelled = true;
        stopped.countDown();
        Crew running = crew;
        if (running != null) {
            running.stop();
        }
    }

    /**
     * Copies, and returns the bytes copied when the target has them for good.
     *
     * @param tick called by this thread every {@code interval} while the copy runs
     * @param interval time between ticks
     * @throws EndpointException if an end failed for good or does not fit the other
     * @throws CancellationException if the copy was cancelled, or this thread interrupted, before it was complete
     */
    public long run(Runnable tick, Duration interval) throws IOException {
        OptionalLong size = source.size();
        settlement.check();
        for (String remark : settlement.remarks()) {
            counters.warnings.increment();
            LOG.warn("{}", remark);
        }
        Geometry geometry = settlement.geometry();
        begun = true;
        if (flushes()) {
            target.expectFlush();
        }
        try {
            target.begin(size);
        } catch (IOException e) {
            throw failed(Side.TARGET, e);
        }
        long copied = 0;
        for (int pass = 1; ; pass++) {
            long lifetime = target.lifetime();
            copied = pass(geometry, size, tick, interval);
            if (flush() && target.lifetime() == lifetime) {
                break;
            }
            if (pass == MOST_PASSES) {
                throw new EndpointException(
                        Side.TARGET,
                        "%s was restarted during each of %d passes; what was written may be lost"
                                .formatted(target.name(), pass));
            }
            LOG.warn(
                    "{}: the server was restarted and may have lost what it had not flushed; copying again",
                    target.name());
            counters.startAgain();
        }
        requireNotCancelled();
        try {
            target.finish(copied);
        } catch (IOException e) {
            throw failed(Side.TARGET, e);
        }
        return copied;
    }

    private long pass(Geometry geometry, OptionalLong size, Runnable tick, Duration interval) throws IOException {
        long diskEnd = size.orElse(Long.MAX_VALUE);
        int zeroBytes = Math.max(geometry.sparse(), Math.min(geometry.requestSize(), ZERO_BUFFER));
        WorkFeed feed = new WorkFeed(geometry, zeroBytes, diskEnd);
        TaskSource tasks;
        ExtentWindow window = null;
        if (source.sequential()) {
            tasks = new StreamTasks();
        } else {
            window = new ExtentWindow(
                    source,
                    size.orElseThrow(() -> new IllegalArgumentException(
                            source.name() + " is not sequential, so it must know its size")),
                    options.extents(),
                    target.sequential(),
                    feed.lock,
                    feed.changed,
                    threads,
                    counters);
            var length = new TaskLength(settlement.usualRequest(), geometry.requestSize(), System::nanoTime);
            tasks = new ExtentTasks(geometry, length, window, diskEnd);
        }
        feed.start(tasks);
        DiskHasher hasher =
                options.hash().map(wanted -> new DiskHasher(wanted, diskEnd)).orElse(null);
        CopyParts parts = new CopyParts(
                source,
                target,
                options,
                geometry,
                new Retry(options.retryFor(), counters, stopped),
                counters,
                BufferBudget.atPage(zeroBytes),
                settlement.skipsZeroes(),
                diskEnd,
                memory,
                hasher);
        Crew started = new Crew(parts, feed, tasks, settlement.workers(), threads, stopped);
        crew = started;
        if (cancelled) {
            started.stop();
        }
        started.start();
        await(started, window, feed, tick, interval);
        long copied = tasks instanceof StreamTasks stream ? stream.position() : diskEnd;
        hash = hasher == null ? Optional.empty() : Optional.of(hasher.finish(copied));
        return copied;
    }

    /** Waits for the crew, ticking. After a failure or a cancel the wait is bounded, then the ends are closed. */
    private void await(Crew started, @Nullable ExtentWindow window, WorkFeed feed, Runnable tick, Duration interval)
            throws IOException {
        boolean interrupted = false;
        long drainUntil = Long.MAX_VALUE;
        boolean closed = false;
        while (true) {
            try {
                if (started.ended().await(interval.toNanos(), TimeUnit.NANOSECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
                cancel();
            }
            if (stopped.getCount() > 0) {
                tick.run();
                continue;
            }
            long now = System.nanoTime();
            if (drainUntil == Long.MAX_VALUE) {
                drainUntil = now + options.drainFor().toNanos();
            } else if (now > drainUntil && !closed) {
                closed = true;
                closeBoth();
                drainUntil = now + options.drainFor().toNanos();
            } else if (now > drainUntil) {
                LOG.warn("{}: requests in flight do not end; leaving them", target.name());
                break;
            }
        }
        if (window != null) {
            feed.lock.lock();
            try {
                window.stop();
            } finally {
                feed.lock.unlock();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        requireSuccess(started);
    }

    private void closeBoth() {
        LOG.warn(
                "requests in flight did not end in {} s; closing both ends",
                options.drainFor().toSeconds());
        for (AutoCloseable end : new AutoCloseable[] {source, target}) {
            threads.newThread(() -> {
                        try {
                            end.close();
                        } catch (Exception e) {
                            LOG.debug("close after a failure failed: {}", e.getMessage());
                        }
                    })
                    .start();
        }
    }

    private void requireSuccess(Crew ended) throws IOException {
        Throwable failure = ended.failure();
        if (failure != null && !cancelled) {
            switch (failure) {
                case IOException e -> throw e;
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException("a worker was interrupted", failure);
            }
        }
        requireNotCancelled();
    }

    private void requireNotCancelled() {
        if (cancelled) {
            throw new CancellationException("the copy was cancelled after %d bytes".formatted(counters.finished()));
        }
    }

    private boolean flushes() {
        return options.flush() && target.canFlush();
    }

    /** Returns whether all that was written is durable; false if the connection was lost before that was known. */
    private boolean flush() throws EndpointException {
        if (!flushes()) {
            return true;
        }
        try {
            target.flush();
            return true;
        } catch (NbdDisconnectedException e) {
            LOG.debug("{}: lost the connection while flushing: {}", target.name(), e.getMessage());
            return false;
        } catch (IOException e) {
            throw failed(Side.TARGET, e);
        }
    }

    private static EndpointException failed(Side side, IOException cause) {
        return new EndpointException(side, String.valueOf(cause.getMessage()), cause);
    }
}
