// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import org.jspecify.annotations.Nullable;

/** A connection in service. Every field that changes is guarded by the pool's lock. */
final class Live {
    final Slot slot;
    final PooledConnection connection;
    /** When dialling had ended; what a call that began later proves of the server, it proves of this connection's. */
    final long connectedNanos;
    /** How old it may become; 0 for no limit. */
    final long maximumAgeNanos;

    /** Shared calls in flight. */
    int inFlight;
    /** The bytes of those. */
    long outstandingBytes;
    /** Pipelines that keep to this connection. */
    int pipelines;
    /** When the last call or lease ended. */
    long lastUsedNanos;
    /** A borrower has it. */
    boolean leased;
    /** A borrower waits for the calls in flight to end; there are to be no new ones. */
    boolean reserved;
    /** It is too old; there are to be no new calls. */
    boolean retiring;
    /** It was taken out of its slot; calls in flight may still have to end. */
    boolean gone;
    /** A call succeeded on it. */
    boolean useful;
    /** It leads to the server of the current lifetime for certain. */
    boolean member;

    Live(Slot slot, PooledConnection connection, long nowNanos, long maximumAgeNanos) {
        this.slot = slot;
        this.connection = connection;
        connectedNanos = nowNanos;
        lastUsedNanos = nowNanos;
        this.maximumAgeNanos = maximumAgeNanos;
    }

    /** Returns whether it may be given out now. */
    boolean takes(Need need, int depth) {
        if (gone || leased || retiring) {
            return false;
        }
        return switch (need) {
            case SHARED -> !reserved && inFlight < depth;
            case FLUSH -> !reserved && inFlight < depth && member;
            case EXCLUSIVE -> !reserved && inFlight == 0;
        };
    }

    /** Less to do comes first; then those whose calls prove that the server is the same, see {@link Lifetimes}. */
    boolean preferredTo(Live other) {
        return outstandingBytes < other.outstandingBytes
                || (outstandingBytes == other.outstandingBytes && member && !other.member);
    }

    /** Returns how many pipelines keep to this connection, but for the one whose connection is given. */
    int othersThan(@Nullable Live home) {
        return this == home ? pipelines - 1 : pipelines;
    }

    /** Nobody has it or a share of it; somebody may wait for it. */
    boolean unused() {
        return inFlight == 0 && !leased;
    }

    boolean idle() {
        return unused() && !reserved;
    }
}
