// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Time as the pool sees it; a test has its own and moves it by hand. */
interface PoolTime {
    /** Returns nanoseconds since some moment; only differences mean anything. */
    long nanos();

    /**
     * Waits for a signal, or until some time has passed, or for no reason at all.
     *
     * @param lock held by the caller; the condition belongs to it
     * @param limitNanos how long to wait at most, more than 0
     * @throws InterruptedException if the caller is interrupted
     */
    void await(ReentrantLock lock, Condition condition, long limitNanos) throws InterruptedException;

    /** The clock of the machine. */
    PoolTime SYSTEM = new PoolTime() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        @SuppressWarnings("WaitNotInLoop") // the callers loop
        public void await(ReentrantLock lock, Condition condition, long limitNanos) throws InterruptedException {
            var ignored = condition.await(limitNanos, TimeUnit.NANOSECONDS);
        }
    };
}
