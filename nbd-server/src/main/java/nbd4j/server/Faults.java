// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The faults of one server: they may be added and removed while clients are at work, by any thread.
 *
 * <p>Every fault counts every request that matches it. Delays add up; of other faults that choose the same request the
 * one that was added first has its way.
 */
public final class Faults {
    private final CopyOnWriteArrayList<ActiveFault> active = new CopyOnWriteArrayList<>();
    private volatile long cutAfter = Long.MAX_VALUE;

    Faults() {}

    /**
     * Watches for a fault.
     *
     * @param fault what and when
     * @return counts how often it happens, and serves to remove it
     */
    public ActiveFault add(Fault fault) {
        var added = new ActiveFault(fault);
        active.add(added);
        return added;
    }

    /**
     * Watches for a fault no longer.
     *
     * @param fault what {@link #add} returned
     */
    public void remove(ActiveFault fault) {
        active.remove(fault);
    }

    /**
     * Closes every connection accepted from now on after it was sent some bytes, greeting included; over TLS the bytes
     * are those after encryption.
     *
     * @param bytes 0 and more
     */
    public void cutConnectionsAfter(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("cut after " + bytes + " bytes, allowed are 0 and more");
        }
        cutAfter = bytes;
    }

    /** Removes all faults. Requests that are delayed already stay so. */
    public void clear() {
        active.clear();
        cutAfter = Long.MAX_VALUE;
    }

    long cutAfter() {
        return cutAfter;
    }

    /** Returns what shall happen to a request, or null for nothing. */
    @Nullable
    Decision decide(int connection, String export, Request request) {
        if (active.isEmpty()) {
            return null;
        }
        var delay = Duration.ZERO;
        Fault.Effect effect = null;
        for (var candidate : active) {
            if (!candidate.strikes(connection, export, request)) {
                continue;
            }
            if (candidate.fault().effect() instanceof Fault.Delay more) {
                delay = delay.plus(more.time());
            } else if (effect == null) {
                effect = candidate.fault().effect();
            }
        }
        if (effect == null && delay.isZero()) {
            return null;
        }
        return new Decision(delay, effect == null ? Decision.NONE.effect() : effect);
    }
}
