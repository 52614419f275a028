// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one pass over the disk. The first failure is kept and stops the others after the request each of them
 * is in; nobody is interrupted, because an interrupt inside channel I/O closes the channel.
 */
final class Crew {
    private final WorkFeed feed;
    private final Turnstile turnstile;
    private final Worker worker;
    private final BufferBudget memory;
    private final int requestSize;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CountDownLatch ended;
    private final CountDownLatch stopped;

    /**
     * Creates a crew that has not started.
     *
     * @param size how many threads
     * @param stopped opened when a worker fails, so that others end their pauses
     */
    Crew(
            WorkFeed feed,
            Turnstile turnstile,
            Worker worker,
            BufferBudget memory,
            int requestSize,
            int size,
            CountDownLatch stopped) {
        this.feed = feed;
        this.turnstile = turnstile;
        this.worker = worker;
        this.memory = memory;
        this.requestSize = requestSize;
        this.ended = new CountDownLatch(size);
        this.stopped = stopped;
    }

    /** Starts the threads. */
    void start(ThreadFactory threads) {
        for (long count = ended.getCount(); count > 0; count--) {
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
                    try {
                        worker.perform(task, buffer);
                    } finally {
                        feed.done();
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
            ended.countDown();
        }
    }
}
