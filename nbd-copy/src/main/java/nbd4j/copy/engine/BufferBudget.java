// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers for data in flight, reused, never more than a limit together. One budget may serve any number of copies
 * at once: however many run, the memory is the same.
 *
 * <p>A worker takes one buffer before it reads and gives it back after it wrote, and never takes a second meanwhile; so
 * some worker can always go on and there is no deadlock. Buffers of one size are handed out last in, first out, because
 * the one used last is in the processor's cache. Any number of threads.
 */
public final class BufferBudget {
    /** What the process uses unless told otherwise: 64 MiB, enough for 256 requests of 256 KiB. */
    public static final long DEFAULT_BYTES = 64L << 20;

    private final long limit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private final Map<Integer, ArrayDeque<ByteBuffer>> idle = new TreeMap<>(); // guarded by lock
    private long allocated; // guarded by lock; bytes, in use and idle
    private volatile int waiting; // written under lock

    /**
     * Creates a budget.
     *
     * @param limit bytes, more than 0
     */
    public BufferBudget(long limit) {
        if (limit <= 0) {
            throw new IllegalArgumentException("memory limit of %d bytes is not positive".formatted(limit));
        }
        this.limit = limit;
    }

    /** Returns the limit in bytes. */
    public long limit() {
        return limit;
    }

    /**
     * Returns a buffer of exactly this capacity, waiting until there is one. Its content is undefined.
     *
     * @param bytes capacity, at most the limit
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    ByteBuffer acquire(int bytes) throws InterruptedException {
        if (bytes > limit) {
            throw new IllegalArgumentException(
                    "a request of %d bytes does not fit the memory limit of %d bytes".formatted(bytes, limit));
        }
        lock.lockInterruptibly();
        try {
            while (true) {
                ByteBuffer reused = takeIdle(bytes);
                if (reused != null) {
                    return reused.clear();
                }
                if (allocated + bytes > limit) {
                    dropIdleOfOtherSizes(bytes);
                }
                if (allocated + bytes <= limit) {
                    allocated += bytes;
                    break;
                }
                await();
            }
        } finally {
            lock.unlock();
        }
        return allocate(bytes);
    }

    /** Takes back a buffer of {@link #acquire}. */
    void release(ByteBuffer buffer) {
        lock.lock();
        try {
            idle.computeIfAbsent(buffer.capacity(), size -> new ArrayDeque<>()).push(buffer);
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives others their turn if they wait: returns the same buffer, or another one of its size, cleared. */
    ByteBuffer takeTurns(ByteBuffer buffer) throws InterruptedException {
        if (waiting == 0) {
            return buffer.clear();
        }
        release(buffer);
        return acquire(buffer.capacity());
    }

    @SuppressWarnings({"NonAtomicVolatileUpdate", "WaitNotInLoop"}) // written under the lock; acquire() loops
    private void await() throws InterruptedException {
        waiting++;
        try {
            released.await();
        } finally {
            waiting--;
        }
    }

    private ByteBuffer allocate(int bytes) {
        try {
            return ByteBuffer.allocateDirect(bytes);
        } catch (OutOfMemoryError e) {
            lock.lock();
            try {
                allocated -= bytes;
                released.signalAll();
            } finally {
                lock.unlock();
            }
            throw e;
        }
    }

    private @Nullable ByteBuffer takeIdle(int bytes) {
        ArrayDeque<ByteBuffer> same = idle.get(bytes);
        return same == null ? null : same.poll();
    }

    private void dropIdleOfOtherSizes(int bytes) {
        for (Iterator<Map.Entry<Integer, ArrayDeque<ByteBuffer>>> sizes =
                        idle.entrySet().iterator();
                sizes.hasNext() && allocated + bytes > limit; ) {
            Map.Entry<Integer, ArrayDeque<ByteBuffer>> size = sizes.next();
            while (!size.getValue().isEmpty() && allocated + bytes > limit) {
                size.getValue().pop();
                allocated -= size.getKey();
            }
            if (size.getValue().isEmpty()) {
                sizes.remove();
            }
        }
    }
}
