// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.model.NbdTimeoutException;

/** Dials the connection that tells what the export is, and goes on while the server is not there yet. */
final class FirstConnection {
    private final Surroundings surroundings;
    private final PoolOptions options;
    private long tookNanos;

    FirstConnection(Surroundings surroundings, PoolOptions options) {
        this.surroundings = surroundings;
        this.options = options;
    }

    /**
     * Connects.
     *
     * @throws NbdTimeoutException if there was to be a wait, and it was too short
     * @throws IOException as the attempt failed, if it was the only one or another would fail in the same way
     */
    PooledConnection dial() throws IOException {
        long began = surroundings.time().nanos();
        long limit = options.connectWait().toNanos();
        for (int attempts = 1; ; attempts++) {
            long attemptBegan = surroundings.time().nanos();
            try {
                PooledConnection connection = surroundings.dialer().dial();
                tookNanos = surroundings.time().nanos() - attemptBegan;
                return connection;
            } catch (IOException e) {
                if (limit == 0 || !RetryPolicy.repeatable(e)) {
                    throw e;
                }
                long left = limit - (surroundings.time().nanos() - began);
                if (left <= 0) {
                    throw new NbdTimeoutException(
                            "%s: no connection within %s, %d attempts; the last one: %s"
                                    .formatted(surroundings.name(), Duration.ofNanos(limit), attempts, e.getMessage()),
                            e);
                }
                pause(Math.min(left, options.upkeep().redial().nanosAfter(attempts, surroundings.random())));
            }
        }
    }

    /** Returns how long the attempt took that succeeded. */
    long tookNanos() {
        return tookNanos;
    }

    private void pause(long nanos) throws InterruptedIOException {
        var lock = new ReentrantLock();
        Condition never = lock.newCondition();
        lock.lock();
        try {
            long began = surroundings.time().nanos();
            for (long left = nanos;
                    left > 0;
                    left = nanos - (surroundings.time().nanos() - began)) {
                surroundings.time().await(lock, never, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            var failure = new InterruptedIOException(
                    "%s: interrupted while waiting for the server".formatted(surroundings.name()));
            failure.initCause(e);
            throw failure;
        } finally {
            lock.unlock();
        }
    }
}
