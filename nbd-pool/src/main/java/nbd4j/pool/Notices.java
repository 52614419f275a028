// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to the listener, to the log and to the flight recorder, in order and on a thread of their own, which
 * lives as long as there is something to hand over.
 */
final class Notices {
    /** Events that may wait for a slow listener; each is some tens of bytes. */
    static final int MOST_WAITING = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(NbdPool.class);

    private final Surroundings surroundings;
    private final PoolListener listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition delivered = lock.newCondition();
    /** Guarded by the lock. */
    private final ArrayDeque<PoolEvent> waiting = new ArrayDeque<>();
    /** The thread that hands over, or null if there is none. Guarded by the lock. */
    private @Nullable Thread deliverer;

    Notices(Surroundings surroundings, PoolListener listener) {
        this.surroundings = surroundings;
        this.listener = listener;
    }

    /** Takes an event; never blocks for long. */
    void add(PoolEvent event) {
        lock.lock();
        try {
            if (waiting.size() >= MOST_WAITING) {
                return;
            }
            waiting.add(event);
            if (deliverer == null) {
                Thread thread = surroundings.threads().newThread(this::deliver);
                thread.start();
                deliverer = thread;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all events are handed over, so that none is lost when the process ends, nor told after its end was.
     * Returns at once on the thread that hands over, whose listener may be what ends the pool.
     *
     * @param limitNanos how long to wait at most for a slow listener
     * @throws InterruptedException if the caller is interrupted
     */
    @SuppressWarnings("ReferenceEquality") // threads are the same or not
    void awaitDelivery(long limitNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = limitNanos;
            while (deliverer != null && deliverer != Thread.currentThread() && left > 0) {
                left = delivered.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private void deliver() {
        while (true) {
            PoolEvent event;
            lock.lock();
            try {
                if (waiting.isEmpty()) {
                    deliverer = null;
                    delivered.signalAll();
                    return;
                }
                event = waiting.remove();
            } finally {
                lock.unlock();
            }
            log(event);
            // Asked first, so that the class is not even loaded before somebody records: that takes a third of a
            // second.
            if (FlightRecorder.isInitialized()) {
                ConnectionPoolEvent.record(surroundings.name(), event);
            }
            try {
                listener.happened(event);
            } catch (RuntimeException e) {
                LOG.warn("{}: the listener failed on {}", surroundings.name(), event, e);
            }
        }
    }

    /** Returns what a failure says; its class, where it says nothing. */
    static String reason(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    private void log(PoolEvent event) {
        String name = surroundings.name();
        // No switch over types: see docs/decisions/launcher.md, "What a start must not touch".
        if (event instanceof PoolEvent.Degraded degraded) {
            LOG.warn(
                    "{}: {} of {} connections; going on with these and trying again: {}",
                    name,
                    degraded.live(),
                    degraded.wished(),
                    reason(degraded.cause()));
        } else if (event instanceof PoolEvent.Leaked leaked) {
            LOG.warn(
                    "{}: connection {} was leased {} ago and is not returned; borrowed here:",
                    name,
                    leaked.connection(),
                    leaked.held(),
                    leaked.borrower());
        } else if (event instanceof PoolEvent.Failed failed) {
            LOG.warn("{}: {}; the pool takes no more calls", name, failed.reason());
        } else if (event instanceof PoolEvent.LifetimeChanged changed) {
            LOG.warn("{}: lifetime {}: writes since the last flush may be gone", name, changed.lifetime());
        } else {
            LOG.debug("{}: {}", name, event);
        }
    }
}
