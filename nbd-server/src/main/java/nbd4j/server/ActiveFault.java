// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A fault that a server watches for. Used by any number of threads. */
public final class ActiveFault {
    private final Fault fault;
    private final AtomicLong matched = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long fired; // guarded by lock

    ActiveFault(Fault fault) {
        this.fault = fault;
    }

    Fault fault() {
        return fault;
    }

    /** Counts a request and returns whether the fault is for it. */
    boolean strikes(int connection, String export, Request request) {
        var when = fault.when();
        if (!when.matches(connection, export, request) || !when.chooses(matched.incrementAndGet())) {
            return false;
        }
        lock.lock();
        try {
            fired++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return true;
    }

    /**
     * Returns how many requests it happened to.
     *
     * @return 0 and more
     */
    public long fired() {
        lock.lock();
        try {
            return fired;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until it has happened.
     *
     * @param times how often
     * @param limit longest wait
     * @return false if the time ran out
     * @throws InterruptedException if the caller is interrupted
     */
    public boolean awaitFired(long times, Duration limit) throws InterruptedException {
        long left = limit.toNanos();
        lock.lock();
        try {
            while (fired < times) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
