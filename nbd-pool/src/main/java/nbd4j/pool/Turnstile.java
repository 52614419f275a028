// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers to connections, first come, first served, and takes connections back.
 *
 * <p>Callers enter, and the pool's own threads when connections have come or gone. A caller that finds nobody waiting
 * and a connection free takes it without allocation. The queue holds one entry for each caller that waits; nobody
 * overtakes, but for a call that may use a connection which a flush in front of it may not.
 */
final class Turnstile {
    private final Roster roster;
    private final ReentrantLock lock;
    /** Guarded by the lock. */
    private final ArrayDeque<Waiter> queue = new ArrayDeque<>();
    /** Those in the queue that have a reservation, at most one for each connection. Guarded by the lock. */
    private final ArrayList<Waiter> reserving = new ArrayList<>();

    Turnstile(Roster roster) {
        this.roster = roster;
        lock = roster.lock;
    }

    /**
     * Waits for a connection and takes a share of it, or all of it.
     *
     * @param bytes what the call will have outstanding
     * @throws NbdTimeoutException if none is free in time
     * @throws InterruptedIOException if the caller is interrupted while it waits
     */
    Live take(Need need, long bytes, long limitNanos) throws IOException {
        lock.lock();
        try {
            if (roster.ended()) {
                throw roster.endedFailure();
            }
            Live live = queue.isEmpty() ? roster.pick(need) : null;
            if (live == null) {
                return await(need, bytes, limitNanos);
            }
            give(live, need, bytes);
            return live;
        } finally {
            lock.unlock();
        }
    }

    private Live await(Need need, long bytes, long limitNanos) throws IOException {
        var waiter = new Waiter(need, bytes, lock.newCondition());
        long began = roster.now();
        boolean taken = false;
        queue.add(waiter);
        try {
            serve();
            while (waiter.live == null) {
                if (roster.ended()) {
                    throw roster.endedFailure();
                }
                long left = limitNanos - (roster.now() - began);
                if (left <= 0) {
                    throw timeout(need, limitNanos);
                }
                roster.surroundings.time().await(lock, waiter.granted, left);
            }
            taken = true;
            return waiter.live;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            var failure = new InterruptedIOException(
                    "%s: interrupted while waiting for a connection".formatted(roster.surroundings.name()));
            failure.initCause(e);
            throw failure;
        } finally {
            roster.counters.waitLatency.add(roster.now() - began);
            if (!taken) {
                withdraw(waiter);
            }
        }
    }

    private void give(Live live, Need need, long bytes) {
        if (need == Need.EXCLUSIVE) {
            live.leased = true;
            roster.counters.leased++;
            roster.counters.leases++;
        } else {
            roster.occupy(live, bytes);
            roster.flushing |= need == Need.FLUSH;
        }
    }

    /** Undoes what was done for a caller that leaves with an exception, whatever that was. */
    private void withdraw(Waiter waiter) {
        if (waiter.live == null) {
            queue.remove(waiter);
        } else if (waiter.need == Need.EXCLUSIVE) {
            waiter.live.leased = false;
            roster.counters.leased--;
            roster.settle(waiter.live, "idle");
        } else {
            roster.vacate(waiter.live, waiter.bytes);
            roster.flushing &= waiter.need != Need.FLUSH;
            roster.settle(waiter.live, "idle");
        }
        serve();
    }

    /** Gives back the share of a call that did not begin after all. */
    void withdraw(Live live, long bytes) {
        lock.lock();
        try {
            roster.vacate(live, bytes);
            roster.settle(live, "idle");
            serve();
        } finally {
            lock.unlock();
        }
    }

    /** Gives to those who wait what there is. To be called whenever there may be more. */
    void serve() {
        if (roster.ended()) {
            queue.forEach(waiter -> waiter.granted.signal());
            return;
        }
        dropReservations();
        Iterator<Waiter> waiters = queue.iterator();
        while (waiters.hasNext()) {
            Waiter waiter = waiters.next();
            Live live = waiter.need == Need.EXCLUSIVE ? forBorrower(waiter) : roster.pick(waiter.need);
            if (live != null) {
                give(live, waiter.need, waiter.bytes);
                waiter.live = live;
                waiters.remove();
                waiter.granted.signal();
            } else if (waiter.need == Need.SHARED || (waiter.need == Need.EXCLUSIVE && waiter.reserved == null)) {
                return;
            }
        }
    }

    /** Finds an idle connection; else sees to it that one becomes idle, and returns null. */
    private @Nullable Live forBorrower(Waiter waiter) {
        Live idle = roster.pick(Need.EXCLUSIVE);
        if (idle == null) {
            waiter.reserved = roster.pickReservable();
            if (waiter.reserved != null) {
                waiter.reserved.reserved = true;
                reserving.add(waiter);
            }
        }
        return idle;
    }

    /**
     * All reservations are made anew, in the order of the queue, whenever something changed: one may have been lost
     * with its connection, and then those behind must give way. A connection that is reserved is never given up for
     * one with more to do, so this ends.
     */
    private void dropReservations() {
        for (Waiter waiter : reserving) {
            if (waiter.reserved != null) {
                waiter.reserved.reserved = false;
                waiter.reserved = null;
            }
        }
        reserving.clear();
    }

    /**
     * Gives back the share of a call.
     *
     * @param failure what the call ended with; null for success
     */
    void giveBack(Live live, Need need, long bytes, long beganNanos, @Nullable Throwable failure) {
        lock.lock();
        try {
            roster.vacate(live, bytes);
            roster.flushing &= need != Need.FLUSH;
            roster.counters.calls++;
            roster.counters.callLatency.add(live.lastUsedNanos - beganNanos);
            if (failure == null) {
                live.useful = true;
                roster.lifetimes.answered(live, beganNanos);
                roster.settle(live, "idle");
            } else {
                roster.counters.failures++;
                if (failure instanceof NbdCommandException) {
                    roster.lifetimes.answered(live, beganNanos);
                }
                if (!live.gone && shutsDown(failure)) {
                    roster.lose(live, failure.toString());
                }
                roster.settle(live, failure.toString());
                if (need == Need.FLUSH && failure instanceof IOException) {
                    roster.flushFailed();
                }
            }
            serve();
        } finally {
            lock.unlock();
        }
    }

    /** After ESHUTDOWN the connection only waits for the replies in flight and then hangs up. */
    private static boolean shutsDown(Throwable failure) {
        return failure instanceof NbdCommandException refused && refused.error() == NbdError.ESHUTDOWN;
    }

    void giveBackLease(Live live) {
        lock.lock();
        try {
            live.leased = false;
            live.useful = true;
            live.lastUsedNanos = roster.now();
            roster.counters.leased--;
            roster.settle(live, "found dead when its lease was returned");
            serve();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits before an attempt is repeated; ends early if the pool ends.
     *
     * @throws InterruptedIOException if the caller is interrupted
     */
    void pause(long nanos) throws InterruptedIOException {
        lock.lock();
        try {
            long began = roster.now();
            long left = nanos;
            while (left > 0 && !roster.ended()) {
                roster.surroundings.time().await(lock, roster.progress, left);
                left = nanos - (roster.now() - began);
            }
            roster.counters.retries++;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            var failure = new InterruptedIOException(
                    "%s: interrupted while waiting to repeat a call".formatted(roster.surroundings.name()));
            failure.initCause(e);
            throw failure;
        } finally {
            lock.unlock();
        }
    }

    int waitingCount() {
        return queue.size();
    }

    private NbdTimeoutException timeout(Need need, long limitNanos) {
        Throwable last = roster.lastDialFailure;
        String message =
                "%s: no connection for %s within %s: %d wished for, %d live, %d leased, %d being dialled, %d calls in flight, %d callers waiting%s"
                        .formatted(
                                roster.surroundings.name(),
                                need == Need.EXCLUSIVE ? "a lease" : "a call",
                                Duration.ofNanos(limitNanos),
                                roster.slots.length,
                                roster.liveCount(),
                                roster.counters.leased,
                                roster.diallingCount(),
                                roster.counters.inFlight,
                                queue.size(),
                                last == null ? "" : "; last failure to connect: " + Notices.reason(last));
        return last == null ? new NbdTimeoutException(message) : new NbdTimeoutException(message, last);
    }
}
