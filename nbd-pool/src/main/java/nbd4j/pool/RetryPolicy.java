// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdException;

/**
 * Which failed calls are repeated, how often, and for how long.
 *
 * <p>Repeated are: EIO, ENOMEM and ESHUTDOWN from the server, the loss of the connection, and silence or another limit
 * of time. Never repeated are: every other error of the server (EPERM, EINVAL, ENOSPC, EOVERFLOW, ENOTSUP and those
 * that have no name), a breach of the protocol, failures of TLS and of the handshake, an interrupt, and a flush that
 * the server answered with an error.
 *
 * @param budget the time from the beginning of a call in which an attempt may begin; zero: only one attempt
 * @param attempts most attempts of one call, the first one included, at least 1
 * @param backOff the waits between attempts
 */
public record RetryPolicy(Duration budget, int attempts, BackOff backOff) {
    /** Instead of a pause: no further attempt. */
    static final long NONE = -1;

    private static final RetryPolicy NEVER = new RetryPolicy(Duration.ZERO, 1, BackOff.defaults());
    private static final RetryPolicy DEFAULTS = new RetryPolicy(Duration.ofSeconds(60), 20, BackOff.defaults());

    /** Refuses a negative budget and less than one attempt. */
    public RetryPolicy {
        if (budget.isNegative() || attempts < 1) {
            throw new IllegalArgumentException(
                    "retry budget %s with %d attempts: the budget must not be negative, the attempts at least 1"
                            .formatted(budget, attempts));
        }
    }

    /** Returns one minute, 20 attempts. */
    public static RetryPolicy defaults() {
        return DEFAULTS;
    }

    /** Returns one attempt and no more. */
    public static RetryPolicy never() {
        return NEVER;
    }

    /** Returns this policy with another budget. */
    public RetryPolicy withBudget(Duration newBudget) {
        return new RetryPolicy(newBudget, attempts, backOff);
    }

    /** Returns this policy with another number of attempts. */
    public RetryPolicy withAttempts(int newAttempts) {
        return new RetryPolicy(budget, newAttempts, backOff);
    }

    /** Returns this policy with other waits. */
    public RetryPolicy withBackOff(BackOff newBackOff) {
        return new RetryPolicy(budget, attempts, newBackOff);
    }

    /** Returns whether the same call may succeed when it is repeated on this connection or on another. */
    public static boolean repeatable(IOException failure) {
        if (failure instanceof NbdException told) {
            return told.retryable();
        }
        // What the JDK throws where a connection cannot be made or breaks; an interrupt is the caller's own wish.
        return !(failure instanceof InterruptedIOException);
    }

    /** As {@link #repeatable(IOException)}; a flush that the server answered with an error is never repeated. */
    static boolean repeatable(IOException failure, boolean flush) {
        return repeatable(failure) && !(flush && failure instanceof NbdCommandException);
    }

    /**
     * Returns how long to wait before the next attempt, or {@link #NONE} if there is to be none.
     *
     * @param made how many attempts were made, at least 1
     * @param elapsedNanos how long ago the call began
     */
    long pauseNanos(int made, long elapsedNanos, RandomGenerator random) {
        if (made >= attempts) {
            return NONE;
        }
        long pause = backOff.nanosAfter(made, random);
        return budget.toNanos() - elapsedNanos > pause ? pause : NONE;
    }
}
