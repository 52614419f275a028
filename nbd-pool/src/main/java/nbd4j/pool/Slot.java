// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import org.jspecify.annotations.Nullable;

/** A place for one connection. Guarded by the pool's lock. */
final class Slot {
    final int number;

    @Nullable
    Live live;
    /** Who dials, while somebody does: at most one at a time. */
    @Nullable
    Thread dialler;
    /** When that one began. */
    long diallingSinceNanos;
    /** Failed attempts in a row; also connections that died before they were of any use. */
    int failures;
    /** When the next attempt is due, if there is neither a connection nor a dialler. */
    long dialAtNanos;

    Slot(int number, long nowNanos) {
        this.number = number;
        dialAtNanos = nowNanos;
    }
}
