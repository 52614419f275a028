// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Lets workers through one at a time, in the order of their tickets: for targets that are written in order. */
final class Turnstile {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long next; // guarded by lock
    private boolean stopped; // guarded by lock

    /** Waits for a ticket's turn. Returns false if the turnstile was stopped instead. */
    boolean enter(long ticket) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (next != ticket && !stopped) {
                changed.await();
            }
            return !stopped;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the turn of the ticket that was let in. */
    void leave() {
        lock.lock();
        try {
            next++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Lets nobody in any more. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
