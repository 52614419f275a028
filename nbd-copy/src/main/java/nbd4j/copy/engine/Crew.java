// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of one pass over the disk, each on a thread of its own: one for each pipeline that an end has; where an end's
 * calls block, more where calls take long, up to a limit.
 *
 * <p>The first failure is kept and stops the others after what each of them has under way; nobody is interrupted, because
 * an interrupt inside channel I/O closes the channel.
 */
final class Crew {
    /** Lanes to begin with between ends without pipelines. */
    private static final int FIRST = 16;

    private final CopyParts parts;
    private final Ends ends;
    private final WorkFeed feed;
    private final TaskSource tasks;
    private final Turnstile turnstile = new Turnstile();
    private final ThreadFactory threads;
    private final CountDownLatch stopped;
    private final boolean pipelined;
    private final int first;
    private final int mostJobs;
    /** Jobs that may be under way beside those that are. */
    private final Semaphore permits;
    /** Lanes that may be added to the first ones. */
    private final Semaphore hires;

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    /** Lanes that work; a lane adds one only while it works itself, so that 0 is the end. */
    private final AtomicInteger working = new AtomicInteger();

    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * Creates a crew that has not started.
     *
     * @param most jobs that all lanes together may have under way
     * @param threads makes a thread for each lane
     * @param stopped opened when a lane fails, so that others end their pauses
     */
    Crew(CopyParts parts, WorkFeed feed, TaskSource tasks, int most, ThreadFactory threads, CountDownLatch stopped) {
        this.parts = parts;
        this.feed = feed;
        this.tasks = tasks;
        this.threads = threads;
        this.stopped = stopped;
        ends = new Ends(parts);
        Source source = parts.source();
        Target target = parts.target();
        int pipelines = Math.max(source.pipelines(), target.pipelines());
        pipelined = pipelines > 0;
        first = Math.min(pipelined ? firstLanes(source, pipelines) : FIRST, most);
        mostJobs = most / Math.min(most, Math.max(first, pipelines));
        permits = new Semaphore(most - first);
        // More lanes than an end takes calls would only wait for one another.
        int calls = Math.max(
                source.pipelines() == 0 ? source.maximumParallel() : 0,
                target.pipelines() == 0 ? target.maximumParallel() : 0);
        hires = new Semaphore(Math.max(0, Math.max(calls, pipelines) - first));
    }

    /**
     * Returns how many lanes begin where an end has pipelines. A source without them, such as a file, has its data copied by
     * the lanes that read it: more of these than processors take turns, each with buffers of its own, and the processors'
     * caches do not hold them all.
     */
    private static int firstLanes(Source source, int pipelines) {
        return source.pipelines() > 0
                ? pipelines
                : Math.min(pipelines, Runtime.getRuntime().availableProcessors());
    }

    /** Starts the first lanes; they start more where that helps. */
    void start() {
        working.set(first);
        for (int count = 0; count < first; count++) {
            threads.newThread(this::work).start();
        }
    }

    /** Starts another lane, if there may be one. */
    private void hire() {
        if (hires.tryAcquire() && permits.tryAcquire()) {
            working.incrementAndGet();
            threads.newThread(this::work).start();
        }
    }

    /** Opens when every lane has ended. */
    CountDownLatch ended() {
        return ended;
    }

    /** Returns the first failure, or null. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    /** Lets every lane end after what it has under way. */
    void stop() {
        stopped.countDown();
        feed.stop();
        turnstile.stop();
    }

    private void work() {
        var depth = new LaneDepth(pipelined, parts.geometry().requestSize(), mostJobs, permits, this::hire);
        try (var lane = new Lane(parts, ends, feed, tasks, turnstile, depth)) {
            lane.run();
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
