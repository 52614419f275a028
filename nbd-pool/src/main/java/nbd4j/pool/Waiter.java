// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** A caller in the queue. Guarded by the pool's lock. */
final class Waiter {
    final Need need;
    final long bytes;
    final Condition granted;

    /** What it was given; it is out of the queue then. */
    @Nullable
    Live live;
    /** What it will be given when the calls in flight there have ended. */
    @Nullable
    Live reserved;

    Waiter(Need need, long bytes, Condition granted) {
        this.need = need;
        this.bytes = bytes;
        this.granted = granted;
    }
}
