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
 * <p>A lane that holds no buffer waits for one; a lane that holds some takes more only while nobody waits, and can always go
 * on with what it has. So there is no deadlock. Buffers of one size are handed out last in, first out, because
 * the one used last is in the processor's cache. Any number of threads.
 */
public final class BufferBudget {
    /** What the process uses unless told otherwise: 64 MiB, enough for 64 requests of 1 MiB. */
    public static final long DEFAULT_BYTES = 64L << 20;

    /** Direct memory that is left to others, since connections need a little of their own. */
    private static final long LEFT_TO_OTHERS = 8L << 20;

    /**
     * Buffers begin at a page, since the kernel copies to one that does not at a fifth of the speed: reading 2 GiB of a
     * cached file took 1.15 s instead of 0.24 s.
     */
    private static final int PAGE = 4096;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private final Map<Integer, ArrayDeque<ByteBuffer>> idle = new TreeMap<>(); // guarded by lock
    private long allocated; // guarded by lock; bytes, in use and idle
    private long granted; // guarded by lock; the limit, or less if the JVM has less direct memory
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
        // Unless it is told otherwise, the JVM allows as much direct memory as it has heap.
        this.granted = Math.max(limit / 4, Math.min(limit, Runtime.getRuntime().maxMemory() - LEFT_TO_OTHERS));
    }

    /** Returns the limit in bytes: what was asked for, or less if the JVM allows less direct memory. */
    public long limit() {
        lock.lock();
        try {
            return granted;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns a buffer of exactly this capacity, waiting until there is one. Its content is undefined.
     *
     * @param bytes capacity, at most the limit
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    ByteBuffer acquire(int bytes) throws InterruptedException {
        if (bytes > limit()) {
            throw new IllegalArgumentException(
                    "a request of %d bytes does not fit the memory limit of %d bytes".formatted(bytes, limit()));
        }
        while (true) {
            ByteBuffer reused = reserve(bytes);
            if (reused != null) {
                return reused.clear();
            }
            ByteBuffer fresh = allocate(bytes);
            if (fresh != null) {
                return fresh;
            }
        }
    }

    /** Returns a buffer as {@link #acquire}, or null if there is none at once or somebody waits for one. */
    @Nullable
    ByteBuffer tryAcquire(int bytes) {
        lock.lock();
        try {
            ByteBuffer reused = waiting > 0 ? null : takeIdle(bytes);
            if (reused != null) {
                return reused.clear();
            }
            if (waiting > 0 || allocated + bytes > granted) {
                return null;
            }
            allocated += bytes;
        } finally {
            lock.unlock();
        }
        return allocate(bytes);
    }

    /** Returns a new direct buffer that begins at a page; no part of any budget. */
    static ByteBuffer atPage(int bytes) {
        ByteBuffer room = ByteBuffer.allocateDirect(bytes + PAGE - 1);
        return room.slice((PAGE - room.alignmentOffset(0, PAGE)) % PAGE, bytes);
    }

    /** Returns a new buffer for bytes that were set aside, or null if the JVM has no memory for it. */
    private @Nullable ByteBuffer allocate(int bytes) {
        try {
            return atPage(bytes);
        } catch (OutOfMemoryError e) {
            shrink(bytes, e);
            return null;
        }
    }

    /** Returns an idle buffer, or null after setting aside the bytes for a new one; waits until one or the other. */
    private @Nullable ByteBuffer reserve(int bytes) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                ByteBuffer reused = takeIdle(bytes);
                if (reused != null) {
                    return reused;
                }
                if (allocated + bytes > granted) {
                    dropIdleOfOtherSizes(bytes);
                }
                if (allocated + bytes <= granted) {
                    allocated += bytes;
                    return null;
                }
                await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether somebody waits for a buffer. */
    boolean isWanted() {
        return waiting > 0;
    }

    /** Takes back a buffer of {@link #acquire}. */
    void release(ByteBuffer buffer) {
        lock.lock();
        try {
            if (allocated > granted) {
                allocated -= buffer.capacity();
            } else {
                idle.computeIfAbsent(buffer.capacity(), size -> new ArrayDeque<>())
                        .push(buffer);
            }
            released.signalAll();
        } finally {
            lock.unlock();
        }
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

    /** The JVM has less direct memory than the limit: go on with what there is, unless that is nothing. */
    private void shrink(int bytes, OutOfMemoryError failure) {
        lock.lock();
        try {
            allocated -= bytes;
            if (allocated == 0) {
                throw failure;
            }
            granted = Math.max(bytes, allocated - LEFT_TO_OTHERS);
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable ByteBuffer takeIdle(int bytes) {
        ArrayDeque<ByteBuffer> same = idle.get(bytes);
        return same == null ? null : same.poll();
    }

    private void dropIdleOfOtherSizes(int bytes) {
        for (Iterator<Map.Entry<Integer, ArrayDeque<ByteBuffer>>> sizes =
                        idle.entrySet().iterator();
                sizes.hasNext() && allocated + bytes > granted; ) {
            Map.Entry<Integer, ArrayDeque<ByteBuffer>> size = sizes.next();
            while (!size.getValue().isEmpty() && allocated + bytes > granted) {
                size.getValue().pop();
                allocated -= size.getKey();
            }
            if (size.getValue().isEmpty()) {
                sizes.remove();
            }
        }
    }
}
