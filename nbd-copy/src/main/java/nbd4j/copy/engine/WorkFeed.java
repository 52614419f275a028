// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.copy.plan.Geometry;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the work of one copy. Zeroes that have been joined come first, then the disk in order; when all is handed
 * out, workers wait until the last ones are done, because they may find more zeroes.
 *
 * <p>Any number of threads. The lock is held for memory only.
 */
final class WorkFeed {
    /** One run of zeroes: as long as a command without extended headers and with any alignment can say. */
    static final long LONGEST_RUN = 1L << 30;

    /** A range that is written with zeroes, a request at a time. */
    private static final class Filling {
        long position;
        final long end;

        Filling(long offset, long length) {
            position = offset;
            end = offset + length;
        }
    }

    final ReentrantLock lock = new ReentrantLock();
    final Condition changed = lock.newCondition();
    private final int fillSize;
    private final ZeroCollector collector;
    private final Deque<Task> runs = new ArrayDeque<>(); // guarded by lock, like all below
    private final Deque<Filling> fillings = new ArrayDeque<>();
    private @Nullable TaskSource tasks;
    private int busy;
    private boolean collected;
    private boolean stopped;

    /**
     * Creates a feed without work; see {@link #start}.
     *
     * @param geometry the sizes to obey
     * @param fillSize bytes of one write of zeroes, a power of two
     * @param diskEnd size of the disk, or {@link Long#MAX_VALUE} if unknown
     */
    WorkFeed(Geometry geometry, int fillSize, long diskEnd) {
        this.fillSize = Math.max(fillSize, geometry.minimum());
        this.collector =
                new ZeroCollector(diskEnd, LONGEST_RUN, (offset, length) -> runs.add(Task.run(offset, length)));
    }

    /** Gives the feed its work. Called once, before {@link #take}. */
    void start(TaskSource work) {
        lock.lock();
        try {
            tasks = work;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the next task, waiting for one; null when there is none left or the feed was stopped.
     *
     * @param done tasks that the caller has done since it last called, see {@link #done}
     */
    @Nullable
    Task take(int done) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            forget(done);
            while (!stopped && tasks != null) {
                Task task = poll(tasks);
                if (task != null) {
                    busy++;
                    return task;
                }
                if (busy == 0 && tasks.exhausted()) {
                    if (collected) {
                        changed.signalAll();
                        return null;
                    }
                    collected = true;
                    collector.finish();
                    continue;
                }
                await(tasks.patienceNanos());
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the next task if there is one now. Else as {@link #take}. */
    @Nullable
    Task poll(int done) {
        lock.lock();
        try {
            forget(done);
            Task task = stopped || tasks == null ? null : poll(tasks);
            if (task != null) {
                busy++;
            }
            return task;
        } finally {
            lock.unlock();
        }
    }

    /** Says that tasks are done, after whatever they found was handed in. */
    void done(int count) {
        lock.lock();
        try {
            forget(count);
        } finally {
            lock.unlock();
        }
    }

    private void forget(int done) {
        busy -= done;
        if (done > 0 && busy == 0) {
            changed.signalAll();
        }
    }

    /** Hands in what a sequential read brought. */
    void streamed(StreamTasks stream, long bytes, boolean atEnd) {
        lock.lock();
        try {
            stream.read(bytes, atEnd);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Hands in a range that is all zeroes. */
    void settleZero(long start, long end) {
        lock.lock();
        try {
            collector.settleZero(start, end);
            wakeForRuns();
        } finally {
            lock.unlock();
        }
    }

    /** Hands in a range that has data, see {@link ZeroCollector#settleData}. */
    void settleData(long start, long leadingEnd, long trailingStart, long end) {
        lock.lock();
        try {
            collector.settleData(start, leadingEnd, trailingStart, end);
            wakeForRuns();
        } finally {
            lock.unlock();
        }
    }

    /** Hands in a range that must be written with zeroes; idle workers help. */
    void fill(long offset, long length) {
        lock.lock();
        try {
            fillings.add(new Filling(offset, length));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Hands out nothing more. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Task poll(TaskSource work) {
        Filling filling = fillings.peek();
        if (filling != null) {
            long next = (filling.position & -fillSize) + fillSize;
            long end = next < 0 ? filling.end : Math.min(next, filling.end);
            Task task = Task.fill(filling.position, end - filling.position);
            filling.position = end;
            if (end == filling.end) {
                fillings.remove();
            }
            return task;
        }
        Task run = runs.poll();
        return run != null ? run : work.next();
    }

    private void wakeForRuns() {
        if (!runs.isEmpty()) {
            changed.signal();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // take() loops
    private void await(long nanos) throws InterruptedException {
        if (nanos == Long.MAX_VALUE) {
            changed.await();
        } else {
            changed.await(nanos, TimeUnit.NANOSECONDS);
        }
    }
}
