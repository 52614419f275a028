// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;

/**
 * How a pool looks after its connections. A duration of zero switches a duty off.
 *
 * @param redial the waits before a connection that was lost, or that could not be made, is dialled again
 * @param keepAlive how long a connection may be idle before the pool reads one block at offset 0 over it, so that
 *     address translators do not forget it and a silent death is noticed; default 60 s
 * @param maximumAge how old a connection may become before it is replaced, between requests and one at a time; a tenth
 *     of it is left to chance; default off
 * @param leakAfter how long a lease may be held before it is reported with the stack of its borrower; default off, since
 *     each lease then records a stack
 */
public record Upkeep(BackOff redial, Duration keepAlive, Duration maximumAge, Duration leakAfter) {
    private static final Upkeep DEFAULTS =
            new Upkeep(BackOff.defaults(), Duration.ofSeconds(60), Duration.ZERO, Duration.ZERO);

    /** Refuses negative durations. */
    public Upkeep {
        PoolOptions.requireLimit("keep-alive", keepAlive);
        PoolOptions.requireLimit("maximum age", maximumAge);
        PoolOptions.requireLimit("leak limit", leakAfter);
    }

    /** Returns what suits most. */
    public static Upkeep defaults() {
        return DEFAULTS;
    }

    /** Returns this upkeep with other waits before dialling again. */
    public Upkeep withRedial(BackOff newRedial) {
        return new Upkeep(newRedial, keepAlive, maximumAge, leakAfter);
    }

    /** Returns this upkeep with another limit of idleness. */
    public Upkeep withKeepAlive(Duration newKeepAlive) {
        return new Upkeep(redial, newKeepAlive, maximumAge, leakAfter);
    }

    /** Returns this upkeep with another limit of age. */
    public Upkeep withMaximumAge(Duration newMaximumAge) {
        return new Upkeep(redial, keepAlive, newMaximumAge, leakAfter);
    }

    /** Returns this upkeep with another limit for leases. */
    public Upkeep withLeakAfter(Duration newLeakAfter) {
        return new Upkeep(redial, keepAlive, maximumAge, newLeakAfter);
    }
}
