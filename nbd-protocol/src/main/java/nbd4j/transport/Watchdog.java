// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Closes a transport when a limit of time is reached. Blocking channels have no time limits of their own, and Unix
 * sockets have no others in Java.
 *
 * <p>The limit runs on a virtual thread of its own. Whoever is blocked in the transport then fails, asks
 * {@link #barked} and reports a timeout instead of the I/O error.
 */
public final class Watchdog implements AutoCloseable {
    private final AtomicBoolean decided = new AtomicBoolean();
    private final Thread thread;
    /** Written by the watchdog's thread before it closes the transport. */
    private volatile boolean barked;

    private Watchdog(Transport transport, long limitNanos) {
        long deadline = System.nanoTime() + limitNanos;
        thread = Thread.ofVirtual().name("nbd-watchdog-", 0).unstarted(() -> watch(transport, deadline));
    }

    /**
     * Starts a limit.
     *
     * @param limit how long from now; zero or negative for no limit at all
     */
    public static Watchdog start(Transport transport, Duration limit) {
        var watchdog = new Watchdog(transport, limit.toNanos());
        if (limit.isPositive()) {
            watchdog.thread.start();
        }
        return watchdog;
    }

    private void watch(Transport transport, long deadline) {
        while (!decided.get()) {
            long left = deadline - System.nanoTime();
            if (left > 0) {
                LockSupport.parkNanos(this, left);
            } else if (decided.compareAndSet(false, true)) {
                barked = true;
                transport.close();
            }
        }
    }

    /** Returns whether the limit was reached and the transport closed for it. */
    public boolean barked() {
        return barked;
    }

    /** Calls the limit off, unless it was reached already. */
    @Override
    public void close() {
        if (decided.compareAndSet(false, true)) {
            LockSupport.unpark(thread);
        }
    }
}
