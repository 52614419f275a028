// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The end of a pool: in good order, or at once. Any number of threads may enter. */
final class Ending {
    /** More than the pool's own threads need once their connections are closed or their dialling is interrupted. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final Roster roster;
    private final Turnstile turnstile;
    /** Guarded by the roster's lock. */
    private boolean aborted;
    /** Guarded by the roster's lock. */
    private boolean finished;

    Ending(Roster roster, Turnstile turnstile) {
        this.roster = roster;
        this.turnstile = turnstile;
    }

    /** Ends in good order; whoever comes second waits for the first. An interrupt ends the waiting, not the closing. */
    void close() {
        boolean interrupted;
        if (begin()) {
            long end = roster.now() + roster.options.closeWait().toNanos();
            interrupted = await(() -> aborted || roster.quiet(), roster.options.closeWait());
            hangUp();
            interrupted = interrupted || awaitDials(end);
            stopDialling();
            boolean interruptedAgain = await(() -> aborted || roster.threads == 0, hangUpLimit());
            interrupted = interrupted || interruptedAgain || awaitNotices();
            finish();
        } else {
            interrupted = await(() -> finished, roster.options.closeWait().plus(hangUpLimit()));
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets no more callers in. Returns whether nobody did so before. */
    private boolean begin() {
        roster.lock.lock();
        try {
            boolean first = roster.close();
            turnstile.serve();
            return first;
        } finally {
            roster.lock.unlock();
        }
    }

    /** Waits for those that dial, while they may well succeed, and until some time. Returns whether it was interrupted. */
    private boolean awaitDials(long endNanos) {
        Duration patience;
        roster.lock.lock();
        try {
            patience = Duration.ofNanos(Math.max(0, Math.min(roster.dialPatienceNanos(), endNanos - roster.now())));
        } finally {
            roster.lock.unlock();
        }
        return await(() -> aborted || roster.diallingCount() == 0, patience);
    }

    private void stopDialling() {
        roster.lock.lock();
        try {
            roster.stopDialling();
        } finally {
            roster.lock.unlock();
        }
    }

    /** Waits a moment until all was told. Returns whether it was interrupted. */
    private boolean awaitNotices() {
        try {
            roster.notices.awaitDelivery(GRACE.toNanos());
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void finish() {
        roster.lock.lock();
        try {
            finished = true;
            roster.progress.signalAll();
        } finally {
            roster.lock.unlock();
        }
    }

    /** Ends at once. */
    void abort() {
        List<PooledConnection> all;
        roster.lock.lock();
        try {
            aborted = true;
            finished |= roster.close();
            roster.stopDialling();
            turnstile.serve();
            all = removeAll(true);
            roster.progress.signalAll();
        } finally {
            roster.lock.unlock();
        }
        all.forEach(PooledConnection::abort);
    }

    /** Those that are idle get an orderly end; those still in use after the wait are cut off. */
    private void hangUp() {
        List<PooledConnection> busy;
        roster.lock.lock();
        try {
            busy = removeAll(false);
        } finally {
            roster.lock.unlock();
        }
        busy.forEach(PooledConnection::abort);
    }

    /** Empties the slots. Returns the connections that are to be aborted; the others are being closed. */
    private List<PooledConnection> removeAll(boolean abortIdle) {
        var abort = new ArrayList<PooledConnection>();
        for (Slot slot : roster.slots) {
            Live live = slot.live;
            if (live == null) {
                continue;
            }
            slot.live = null;
            live.gone = true;
            if (abortIdle || live.inFlight > 0 || live.leased) {
                abort.add(live.connection);
            } else {
                roster.hangUp(live.connection);
            }
        }
        return abort;
    }

    /**
     * Each connection waits up to twice its limit: for replies, and for the server to hang up. A sum, since the product of
     * a duration loads BigDecimal, which takes 20 ms.
     */
    private Duration hangUpLimit() {
        Duration limit = roster.options.connect().closeTimeout();
        return limit.plus(limit).plus(GRACE);
    }

    private interface Question {
        boolean answer();
    }

    /** Waits until something is so, or a time has passed. Returns whether it was interrupted instead. */
    private boolean await(Question question, Duration limit) {
        roster.lock.lock();
        try {
            long began = roster.now();
            while (!question.answer()) {
                long left = limit.toNanos() - (roster.now() - began);
                if (left <= 0) {
                    return false;
                }
                roster.surroundings.time().await(roster.lock, roster.progress, left);
            }
            return false;
        } catch (InterruptedException e) {
            return true;
        } finally {
            roster.lock.unlock();
        }
    }
}
