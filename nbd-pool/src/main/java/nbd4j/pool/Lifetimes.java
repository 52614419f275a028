// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

/**
 * Decides whether a new connection leads to the server as it was, or to one that may have been started anew.
 *
 * <p>Connections that are known to belong to the current lifetime are its members. The first one is. A later one is a
 * candidate, since the members may be dead without anybody having noticed. It becomes a member when a call is
 * answered on a member that began after the candidate was connected: then the old server lived on. If the last member dies before
 * that, a new lifetime begins, and the candidates are its members. Candidates are used like all others, except for
 * flushing: a flush on a candidate would prove nothing about the writes on members.
 *
 * <p>Guarded by the pool's lock, but for {@link #current()}.
 */
final class Lifetimes {
    private final Slot[] slots;
    private boolean begun;
    /** Whether there may be candidates; saves looking after every call. */
    private boolean candidates;

    private volatile long current = 1;

    Lifetimes(Slot[] slots) {
        this.slots = slots;
    }

    long current() {
        return current;
    }

    /** Returns whether there are connections that may lead to a server that was started anew. */
    boolean hasCandidates() {
        return candidates;
    }

    /** A connection, already in its slot, was made. Returns whether a new lifetime began. */
    boolean joined(Live live) {
        if (hasMembers()) {
            candidates = true;
            return false;
        }
        live.member = true;
        boolean anew = begun;
        begun = true;
        return anew && advance();
    }

    /** A connection, already out of its slot, died or was closed. Returns whether a new lifetime began. */
    boolean left(Live live) {
        if (!live.member || !candidates || hasMembers()) {
            return false;
        }
        candidates = false;
        boolean anew = false;
        for (Slot slot : slots) {
            if (slot.live != null) {
                slot.live.member = true;
                anew = true;
            }
        }
        return anew && advance();
    }

    /** A call that began at some time was answered, be it with an error. */
    void answered(Live witness, long beganNanos) {
        if (!candidates || !witness.member || witness.gone) {
            return;
        }
        candidates = false;
        for (Slot slot : slots) {
            Live live = slot.live;
            if (live != null && !live.member) {
                live.member = live.connectedNanos - beganNanos <= 0;
                candidates |= !live.member;
            }
        }
    }

    /** A flush failed, or nobody knows whether it did. Returns true: a new lifetime began. */
    boolean flushFailed() {
        return advance();
    }

    private boolean hasMembers() {
        for (Slot slot : slots) {
            if (slot.live != null && slot.live.member) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // the pool's lock is held
    private boolean advance() {
        current++;
        return true;
    }
}
