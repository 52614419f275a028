// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.util.concurrent.atomic.AtomicBoolean;
import nbd4j.client.NbdConnection;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a pool for one borrower alone, until the lease is closed.
 *
 * <p>Take it in try-with-resources. It may be used by several threads, but closed only once. A connection that the
 * borrower closes, or that died, is replaced by the pool when the lease is closed.
 */
public final class Lease implements AutoCloseable {
    final Live live;
    final long takenNanos;
    /** Where it was taken; null if that is not recorded. */
    final @Nullable Throwable borrower;
    /** Whether it was reported as not returned. Guarded by the pool's lock. */
    boolean reported;

    private final Turnstile turnstile;
    private final Leases leases;
    private final AtomicBoolean returned = new AtomicBoolean();

    Lease(Live live, long takenNanos, @Nullable Throwable borrower, Turnstile turnstile, Leases leases) {
        this.live = live;
        this.takenNanos = takenNanos;
        this.borrower = borrower;
        this.turnstile = turnstile;
        this.leases = leases;
    }

    /**
     * Returns the connection. It must not be used after the lease was closed.
     *
     * @throws IllegalStateException if the lease was closed
     */
    public NbdConnection connection() {
        return pooled().client();
    }

    PooledConnection pooled() {
        if (returned.get()) {
            throw new IllegalStateException("the lease of connection %d was returned".formatted(live.slot.number));
        }
        return live.connection;
    }

    /**
     * Returns the connection to the pool.
     *
     * @throws IllegalStateException if it was returned before
     */
    @Override
    public void close() {
        if (!returned.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "the lease of connection %d was returned twice".formatted(live.slot.number));
        }
        leases.remove(this);
        turnstile.giveBackLease(live);
    }
}
