// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Looks after the connections of a pool: dials those that are missing, finds those that died idle, keeps idle ones
 * alive, replaces old ones, reports leases that are not returned.
 *
 * <p>Runs on one virtual thread from the opening to the end of the pool. Whatever may block runs on further threads, at
 * most one for each slot that dials.
 */
final class Housekeeper {
    /** How long a connection may be dead and idle before it is noticed, if no caller does so first. */
    private static final long CHECK_NANOS = Duration.ofSeconds(1).toNanos();

    private final Roster roster;
    private final Turnstile turnstile;
    private final Leases leases;
    private final ReentrantLock lock;

    Housekeeper(Roster roster, Turnstile turnstile, Leases leases) {
        this.roster = roster;
        this.turnstile = turnstile;
        this.leases = leases;
        lock = roster.lock;
    }

    /** Works until the pool ends. */
    void run() {
        lock.lock();
        try {
            while (!roster.ended()) {
                long wait = leases.report(roster.now(), CHECK_NANOS);
                for (Slot slot : roster.slots) {
                    wait = Math.min(wait, tend(slot));
                }
                turnstile.serve();
                roster.surroundings.time().await(lock, roster.work, Math.max(1, wait));
            }
        } catch (InterruptedException e) {
            // Nobody but the thread's own maker could do that, and then it is to end.
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Returns in how many nanoseconds there will be something to do, at most. */
    private long tend(Slot slot) {
        Live live = slot.live;
        if (live != null && !live.connection.isOpen()) {
            roster.lose(live, "died while idle");
            live = null;
        }
        if (live != null) {
            return tend(live);
        }
        if (slot.dialler != null) {
            return CHECK_NANOS;
        }
        long due = slot.dialAtNanos - roster.now();
        if (due <= 0) {
            roster.counters.dials++;
            slot.diallingSinceNanos = roster.now();
            int others = roster.diallingCount();
            slot.dialler = roster.spawn(() -> dial(slot, others));
            return CHECK_NANOS;
        }
        return Math.min(CHECK_NANOS, due);
    }

    /**
     * Dials for a slot.
     *
     * @param others how many others were dialling when this one began
     */
    private void dial(Slot slot, int others) {
        long began = roster.now();
        PooledConnection connection = null;
        Throwable failure = null;
        try {
            if (roster.closed()) {
                throw roster.endedFailure();
            }
            if (roster.slots.length > OpenFiles.FEW_CONNECTIONS) {
                roster.surroundings.files().requireSpare(others);
            }
            connection = roster.surroundings.dialer().dial();
        } catch (Throwable e) { // whatever it was, the slot must not wait for this thread for ever
            failure = e;
        }
        lock.lock();
        try {
            slot.dialler = null;
            if (connection == null) {
                roster.dialFailed(slot, failure == null ? new IOException("no connection") : failure);
            } else {
                roster.join(slot, connection, roster.now() - began);
            }
            turnstile.serve();
            roster.work.signal();
        } finally {
            lock.unlock();
        }
    }

    private long tend(Live live) {
        long now = roster.now();
        long wait = CHECK_NANOS;
        long keepAlive = roster.options.upkeep().keepAlive().toNanos();
        if (keepAlive > 0 && live.idle()) {
            long due = live.lastUsedNanos + keepAlive - now;
            if (due <= 0 && pingable()) {
                ping(live);
            } else if (due > 0) {
                wait = Math.min(wait, due);
            }
        }
        if (live.maximumAgeNanos > 0 && !live.retiring) {
            long due = live.connectedNanos + live.maximumAgeNanos - now;
            if (due > 0) {
                wait = Math.min(wait, due);
            } else if (live.member && roster.lifetimes.hasCandidates() && pingable()) {
                // While it is there it can still tell that the server is the same.
                if (live.idle()) {
                    ping(live);
                }
            } else if (noneComesOrGoes()) {
                live.retiring = true;
                roster.settle(live, "");
            }
        }
        return wait;
    }

    /** An empty export has no block to read. */
    private boolean pingable() {
        return roster.export.size() >= roster.export.blockSizes().minimum();
    }

    /** Reads one block at offset 0: the only command that every server has and that changes nothing. */
    private void ping(Live live) {
        int length = roster.export.blockSizes().minimum();
        roster.occupy(live, length);
        roster.spawn(() -> {
            long began = roster.now();
            Throwable failure = null;
            try {
                live.connection.read(0, ByteBuffer.allocate(length), Set.of());
            } catch (Throwable e) { // kept for the pool to judge; the share must be given back whatever happens
                failure = e;
            }
            turnstile.giveBack(live, Need.SHARED, length, began, failure);
        });
    }

    private boolean noneComesOrGoes() {
        for (Slot slot : roster.slots) {
            if (slot.dialler != null || (slot.live != null && slot.live.retiring)) {
                return false;
            }
        }
        return true;
    }
}
