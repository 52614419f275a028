// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/** The leases that are out. Guarded by the pool's lock. */
final class Leases {
    private final Roster roster;
    /** In the order in which they were given. */
    private final LinkedHashSet<Lease> out = new LinkedHashSet<>();

    Leases(Roster roster) {
        this.roster = roster;
    }

    /** Returns where a lease is taken, if that is to be remembered. */
    @Nullable
    Throwable borrower() {
        return limitNanos() == 0
                ? null
                : new IllegalStateException("a lease was taken here by " + Thread.currentThread());
    }

    void add(Lease lease) {
        roster.lock.lock();
        try {
            out.add(lease);
        } finally {
            roster.lock.unlock();
        }
    }

    void remove(Lease lease) {
        roster.lock.lock();
        try {
            out.remove(lease);
        } finally {
            roster.lock.unlock();
        }
    }

    /** Reports those that were taken too long ago, once each. Returns when to ask again, at most some limit. */
    long report(long now, long mostNanos) {
        long limit = limitNanos();
        long wait = mostNanos;
        if (limit == 0) {
            return wait;
        }
        for (Lease lease : out) {
            long due = lease.takenNanos + limit - now;
            if (due > 0) {
                return Math.min(wait, due);
            }
            if (!lease.reported && lease.borrower != null) {
                lease.reported = true;
                roster.notices.add(new PoolEvent.Leaked(
                        lease.live.slot.number, Duration.ofNanos(now - lease.takenNanos), lease.borrower));
            }
        }
        return wait;
    }

    private long limitNanos() {
        return roster.options.upkeep().leakAfter().toNanos();
    }
}
