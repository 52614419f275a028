// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.model.Export;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdNegotiationException;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a pool: which there are, which may be given out, how they come and go.
 *
 * <p>Callers, diallers, the housekeeper and whoever closes the pool enter, each holding {@link #lock}. Nothing here
 * waits; who waits does so on the conditions of this lock.
 */
final class Roster {
    /** How much of the maximum age is left to chance, so that connections do not all grow old in one moment. */
    private static final double AGE_JITTER = 0.1;
    /** A dial that takes so many times as long as the slowest one that succeeded is given up when the pool is closed. */
    private static final int PATIENCE = 10;
    /** The first dial to a server on the same machine takes a millisecond, and the next may have to wait for a processor. */
    private static final long LEAST_PATIENCE_NANOS = Duration.ofMillis(500).toNanos();

    /** The pool's one lock. Held for memory only, never over anything that blocks. */
    final ReentrantLock lock = new ReentrantLock();
    /** Signalled when the housekeeper has something to do. */
    final Condition work = lock.newCondition();
    /** Signalled when a call, a lease or a thread of the pool's own ended, and when the pool ended. */
    final Condition progress = lock.newCondition();

    final Surroundings surroundings;
    final PoolOptions options;
    final Export export;
    final Slot[] slots;
    final Lifetimes lifetimes;
    final Counters counters = new Counters();
    final Notices notices;

    /** The pool's own threads that dial, ping and hang up. */
    int threads;
    /** Why the last attempt to connect failed. */
    @Nullable
    Throwable lastDialFailure;

    /** How long the slowest dial took that succeeded. */
    private long slowestDialNanos;

    /** A flush is under way. There is one at a time: of two, one may be told of the failure that concerns both. */
    boolean flushing;

    /** Written under the lock. */
    private volatile boolean closed;
    /** What differs since the server came back; null while nothing does. Written under the lock. */
    private volatile @Nullable String changed;
    /** Whether the user knows that the pool is not complete. */
    private boolean degraded;

    Roster(Surroundings surroundings, PoolOptions options, Export export) {
        this.surroundings = surroundings;
        this.options = options;
        this.export = export;
        slots = new Slot[export.flags().canMultiConn() ? options.connections() : 1];
        for (int number = 0; number < slots.length; number++) {
            slots[number] = new Slot(number, surroundings.time().nanos());
        }
        lifetimes = new Lifetimes(slots);
        notices = new Notices(surroundings, options.listener());
    }

    /** Returns the connection with the fewest bytes outstanding that may be given out, or null. */
    @Nullable
    Live pick(Need need) {
        Live best = null;
        if (need == Need.FLUSH && flushing) {
            return null;
        }
        for (Slot slot : slots) {
            Live live = slot.live;
            if (live == null || !live.takes(need, options.depth())) {
                continue;
            }
            if (!live.connection.isOpen()) {
                work.signal();
            } else if (best == null || live.preferredTo(best)) {
                best = live;
            }
        }
        return best;
    }

    /**
     * Returns the connection for the next request of a pipeline, counting the pipeline as its own; null if none takes a
     * request. That is the one it has been on, unless another one has fewer pipelines.
     *
     * @param home the connection it has been on
     */
    @Nullable
    Live settleIn(@Nullable Live home) {
        Live best = null;
        for (Slot slot : slots) {
            Live live = slot.live;
            if (live == null || !live.takes(Need.SHARED, options.depth())) {
                continue;
            }
            if (!live.connection.isOpen()) {
                work.signal();
            } else if (best == null || live.othersThan(home) < best.othersThan(home)) {
                best = live;
            }
        }
        if (best == null) {
            return null;
        }
        if (home != null
                && home.takes(Need.SHARED, options.depth())
                && home.connection.isOpen()
                && home.othersThan(home) <= best.othersThan(home)) {
            return home;
        }
        if (home != null) {
            home.pipelines--;
        }
        best.pipelines++;
        return best;
    }

    /** Returns the connection that will be free soonest, and is not promised to a borrower yet, or null. */
    @Nullable
    Live pickReservable() {
        Live best = null;
        for (Slot slot : slots) {
            Live live = slot.live;
            if (live != null
                    && !live.leased
                    && !live.reserved
                    && !live.retiring
                    && live.connection.isOpen()
                    && (best == null || live.preferredTo(best))) {
                best = live;
            }
        }
        return best;
    }

    /** A call begins. */
    void occupy(Live live, long bytes) {
        live.inFlight++;
        live.outstandingBytes += bytes;
        counters.inFlight++;
        counters.outstandingBytes += bytes;
    }

    /** A call ended, or did not begin after all. */
    void vacate(Live live, long bytes) {
        live.inFlight--;
        live.outstandingBytes -= bytes;
        counters.inFlight--;
        counters.outstandingBytes -= bytes;
        live.lastUsedNanos = now();
    }

    /** Looks whether a connection on which something ended is to be kept. */
    void settle(Live live, String what) {
        if (!live.gone) {
            if (!live.connection.isOpen()) {
                lose(live, what);
            } else if (live.retiring && live.unused()) {
                retire(live);
            }
        }
        if (ended() || quiet()) {
            progress.signalAll();
        }
    }

    /** A dialler made a connection. */
    void join(Slot slot, PooledConnection connection, long tookNanos) {
        slowestDialNanos = Math.max(slowestDialNanos, tookNanos);
        if (ended()) {
            hangUp(connection);
            return;
        }
        String difference = ExportIdentity.difference(export, connection.export());
        if (!difference.isEmpty()) {
            hangUp(connection);
            refuse(slot, difference);
            return;
        }
        var live = new Live(slot, connection, now(), maximumAge());
        slot.live = live;
        notices.add(new PoolEvent.Connected(slot.number, Duration.ofNanos(tookNanos)));
        announce(lifetimes.joined(live));
        degraded &= liveCount() < slots.length;
        progress.signalAll();
    }

    /** Returns how old a connection that is made now may become; 0 for no limit. */
    private long maximumAge() {
        long age = options.upkeep().maximumAge().toNanos();
        return age - (long) (age * AGE_JITTER * surroundings.random().nextDouble());
    }

    /** A dialler failed. */
    void dialFailed(Slot slot, Throwable cause) {
        counters.dialFailures++;
        lastDialFailure = cause;
        if (ended()) {
            return;
        }
        slot.failures++;
        long delay = options.upkeep().redial().nanosAfter(slot.failures, surroundings.random());
        slot.dialAtNanos = now() + delay;
        notices.add(new PoolEvent.DialFailed(slot.number, slot.failures, Duration.ofNanos(delay), cause));
        if (!degraded) {
            degraded = true;
            notices.add(new PoolEvent.Degraded(liveCount(), slots.length, cause));
        }
    }

    private void refuse(Slot slot, String difference) {
        counters.refused++;
        notices.add(new PoolEvent.Refused(slot.number, difference));
        var failure = changedFailure(difference);
        dialFailed(slot, failure);
        for (Slot other : slots) {
            if (other.live != null && other.live.connection.isOpen()) {
                return;
            }
        }
        // Nothing is left of the export that the pool was opened on.
        changed = difference;
        notices.add(new PoolEvent.Failed(failure.toString()));
        progress.signalAll();
        work.signal();
    }

    /** A connection died. */
    void lose(Live live, String what) {
        Slot slot = leave(live);
        counters.lost++;
        BackOff redial = options.upkeep().redial();
        boolean wasGood =
                live.useful || now() - live.connectedNanos > redial.maximum().toNanos();
        slot.failures = wasGood ? 0 : slot.failures + 1;
        slot.dialAtNanos = now()
                + (wasGood
                        ? redial.nanosAfter(1, surroundings.random()) / 4
                        : redial.nanosAfter(slot.failures, surroundings.random()));
        notices.add(new PoolEvent.Lost(slot.number, what));
        announce(lifetimes.left(live));
        hangUp(live.connection);
    }

    /** A connection is too old and has nothing in flight. */
    void retire(Live live) {
        Slot slot = leave(live);
        counters.retired++;
        slot.failures = 0;
        slot.dialAtNanos = now();
        notices.add(new PoolEvent.Retired(slot.number, Duration.ofNanos(now() - live.connectedNanos)));
        announce(lifetimes.left(live));
        hangUp(live.connection);
    }

    private Slot leave(Live live) {
        live.gone = true;
        live.slot.live = null;
        work.signal();
        return live.slot;
    }

    /** The server answered a flush with an error, or its answer was lost. */
    void flushFailed() {
        announce(lifetimes.flushFailed());
    }

    private void announce(boolean newLifetime) {
        if (newLifetime) {
            notices.add(new PoolEvent.LifetimeChanged(lifetimes.current()));
        }
    }

    /** Starts a thread that may block, outside of the lock, and counts it until it ends. */
    Thread spawn(Runnable task) {
        Thread thread = surroundings.threads().newThread(() -> {
            try {
                task.run();
            } finally {
                lock.lock();
                try {
                    threads--;
                    progress.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        });
        threads++;
        thread.start();
        return thread;
    }

    void hangUp(PooledConnection connection) {
        spawn(connection::close);
    }

    /** No more calls from now on. Returns false if that was so before. */
    boolean close() {
        if (closed) {
            return false;
        }
        closed = true;
        notices.add(new PoolEvent.Closed());
        progress.signalAll();
        work.signal();
        return true;
    }

    /**
     * Returns how long it is worth waiting for those that dial, so that they can take their leave: a handshake that is
     * dropped in its middle looks like a fault to the server.
     */
    long dialPatienceNanos() {
        long patience = Math.max(LEAST_PATIENCE_NANOS, PATIENCE * slowestDialNanos);
        long longest = 0;
        for (Slot slot : slots) {
            if (slot.dialler != null) {
                longest = Math.max(longest, slot.diallingSinceNanos + patience - now());
            }
        }
        return longest;
    }

    /** Ends all dialling at once. */
    void stopDialling() {
        for (Slot slot : slots) {
            if (slot.dialler != null) {
                // The dialler may be inside channel I/O: closing that channel is what is wanted.
                slot.dialler.interrupt();
            }
        }
    }

    boolean closed() {
        return closed;
    }

    boolean ended() {
        return closed || changed != null;
    }

    /** Returns what a call gets after the end. */
    IOException endedFailure() {
        String difference = changed;
        return closed || difference == null
                ? new NbdDisconnectedException(surroundings.name() + ": the pool is closed")
                : changedFailure(difference);
    }

    private NbdNegotiationException changedFailure(String difference) {
        return new NbdNegotiationException(
                "%s: the server now shows another export than the pool was opened on: %s"
                        .formatted(surroundings.name(), difference),
                0);
    }

    boolean quiet() {
        return counters.inFlight == 0 && counters.leased == 0;
    }

    int liveCount() {
        int count = 0;
        for (Slot slot : slots) {
            count += slot.live == null ? 0 : 1;
        }
        return count;
    }

    int diallingCount() {
        int count = 0;
        for (Slot slot : slots) {
            count += slot.dialler == null ? 0 : 1;
        }
        return count;
    }

    PoolStats stats(int waiting) {
        return new PoolStats(
                slots.length,
                liveCount(),
                counters.leased,
                diallingCount(),
                waiting,
                counters.inFlight,
                counters.outstandingBytes,
                lifetimes.current(),
                counters.dials,
                counters.dialFailures,
                counters.refused,
                counters.lost,
                counters.retired,
                counters.calls,
                counters.failures,
                counters.retries,
                counters.leases,
                counters.callLatency.snapshot(),
                counters.waitLatency.snapshot());
    }

    long now() {
        return surroundings.time().nanos();
    }
}
