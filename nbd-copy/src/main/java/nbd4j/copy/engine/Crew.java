// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one pass over the disk: few at first, one more for each task that took long, up to a limit. Ends that
 * answer at once are fastest with few buffers, which stay in the processor's cache; ends that are far away need many
 * requests in flight, and are given twice as many in each round trip.
 *
 * <p>The first failure is kept and stops the others after the request each of them
 * is in; nobody is interrupted, because an interrupt inside channel I/O closes the channel.
 */
final class Crew {
    /** Threads to begin with: enough for ends on the same machine, and their buffers fit the processor's cache. */
    private static final int FIRST = 16;
    /** A task that takes longer than this waits for a network or a disk: 3 ms. */
    private static final long SLOW_NANOS = 3_000_000;

    private final WorkFeed feed;
    private final Turnstile turnstile;
    private final Worker worker;
    private final BufferBudget memory;
    private final int requestSize;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final int most;
    private final ThreadFactory threads;
    /** Threads that work; a thread adds one only while it works itself, so that 0 is the end. */
    private final AtomicInteger working = new AtomicInteger();
    /** Threads ever started. */
    private final AtomicInteger hired = new AtomicInteger();

    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch stopped;

    /**
     * Creates a crew that has not started.
     *
     * @param most how many threads there may be
     * @param threads makes them
     * @param stopped opened when a worker fails, so that others end their pauses
     */
    Crew(
            WorkFeed feed,
            Turnstile turnstile,
            Worker worker,
            BufferBudget memory,
            int requestSize,
            int most,
            ThreadFactory threads,
            CountDownLatch stopped) {
        this.feed = feed;
        this.turnstile = turnstile;
        this.worker = worker;
        this.memory = memory;
        this.requestSize = requestSize;
        this.most = most;
        this.threads = threads;
        this.stopped = stopped;
    }

    /** Starts the first threads; they start more where that helps. */
    void start() {
        int first = Math.min(FIRST, most);
        working.set(first);
        hired.set(first);
        for (int count = 0; count < first; count++) {
            threads.newThread(this::work).start();
        }
    }

    /** Starts another thread, if there may be one. */
    private void hire() {
        if (hired.get() < most && hired.getAndIncrement() < most) {
            working.incrementAndGet();
            threads.newThread(this::work).start();
        }
    }

    /** Opens when every thread has ended. */
    CountDownLatch ended() {
        return ended;
    }

    /** Returns the first failure, or null. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    /** Lets every thread end after the request it is in. */
    void stop() {
        stopped.countDown();
        feed.stop();
        turnstile.stop();
    }

    private void work() {
        try {
            ByteBuffer buffer = memory.acquire(requestSize);
            try {
                for (Task task = feed.take(); task != null; task = feed.take()) {
                    long begun = System.nanoTime();
                    try {
                        worker.perform(task, buffer);
                    } finally {
                        feed.done();
                    }
                    if (System.nanoTime() - begun > SLOW_NANOS) {
                        hire();
                    }
                    buffer = memory.takeTurns(buffer);
                }
            } finally {
                memory.release(buffer);
            }
        } catch (Throwable e) { // whatever it is, the copy must not be called complete
            failure.compareAndSet(null, e);
            stop();
        } finally {
            if (working.decrementAndGet() == 0) {
                ended.countDown();
            }
        }
    }
}
