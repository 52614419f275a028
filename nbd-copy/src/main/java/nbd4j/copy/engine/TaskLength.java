// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.util.function.LongSupplier;

/**
 * How long the reads of a copy are where its user has no wish: as usual, and as long as suits the target where so much
 * passes that what is in flight is soon done all the same. A copy over a slow link would else take long to end when it is
 * cancelled, and to repeat what was lost.
 *
 * <p>Not thread-safe.
 */
final class TaskLength {
    /** Bytes after which the speed is looked at. */
    static final long LOOK = 64 << 20;
    /** Time in which they pass where reads may be long: 64 MiB/s. */
    static final long QUICK_NANOS = 1_000_000_000;

    private final int usual;
    private final int longest;
    private final LongSupplier nanoTime;
    private int length;
    private long counted;
    private long since;

    /**
     * Begins to measure.
     *
     * @param usual bytes to begin with, a power of two
     * @param longest bytes where that is quick, a power of two; the same to have one length only
     * @param nanoTime the clock
     */
    TaskLength(int usual, int longest, LongSupplier nanoTime) {
        this.usual = usual;
        this.longest = longest;
        this.nanoTime = nanoTime;
        length = usual;
        since = nanoTime.getAsLong();
    }

    /** Returns how many bytes the next read has at the most. */
    int longest() {
        return length;
    }

    /** Takes note of a read that is to be done now, those before it being done or under way. */
    void count(long bytes) {
        counted += bytes;
        if (counted < LOOK) {
            return;
        }
        long now = nanoTime.getAsLong();
        length = now - since <= QUICK_NANOS ? longest : usual;
        counted = 0;
        since = now;
    }
}
