// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The requests in flight, at most as many as the session allows; further callers wait.
 *
 * <p>A cookie is a number that counts up and is never used again, with the number of its slot in the low bits. So a
 * reply finds its request without a search, and a late or repeated reply finds none. Any thread may enter.
 */
final class InFlight {
    /** Most slots there can be; the low bits of a cookie. */
    static final int MAXIMUM = 1 << 10;

    private final int capacity;
    private final Semaphore permits;
    private final AtomicReferenceArray<@Nullable Request> slots;
    /** A bit for each slot, set while the slot is used. */
    private final AtomicLongArray used;

    private final AtomicLong sequence = new AtomicLong(1);

    InFlight(int capacity) {
        if (capacity < 1 || capacity > MAXIMUM) {
            throw new IllegalArgumentException(
                    "%d requests in flight are not from 1 to %d".formatted(capacity, MAXIMUM));
        }
        this.capacity = capacity;
        permits = new Semaphore(capacity);
        slots = new AtomicReferenceArray<>(capacity);
        used = new AtomicLongArray((capacity + 63) >>> 6);
    }

    /** Waits for a free slot, within a limit. */
    @Nullable
    Request acquire(long limitNanos) throws InterruptedException {
        return permits.tryAcquire(limitNanos, TimeUnit.NANOSECONDS) ? take() : null;
    }

    /** Returns a free slot, or null if there is none at the moment. */
    @Nullable
    Request tryAcquire() {
        return permits.tryAcquire() ? take() : null;
    }

    private Request take() {
        // A permit promises a free bit, but others may take the one found first.
        while (true) {
            for (int word = 0; word < used.length(); word++) {
                long bits = used.get(word);
                int bit = Long.numberOfTrailingZeros(~bits);
                int slot = (word << 6) + bit;
                if (bit < 64 && slot < capacity && used.compareAndSet(word, bits, bits | 1L << bit)) {
                    Request request = slots.get(slot);
                    if (request == null) {
                        request = new Request(slot);
                        slots.set(slot, request);
                    }
                    request.cookie = sequence.getAndIncrement() * MAXIMUM + slot;
                    return request;
                }
            }
            Thread.onSpinWait();
        }
    }

    /** Frees a slot; its request must not be touched after that. */
    void release(Request request) {
        request.clear();
        int word = request.slot >>> 6;
        long bit = 1L << (request.slot & 63);
        used.getAndAccumulate(word, bit, (bits, mask) -> bits & ~mask);
        permits.release();
    }

    /** Returns the request that waits for a reply with this cookie, or null if there is none. */
    @Nullable
    Request find(long cookie) {
        int slot = (int) (cookie & (MAXIMUM - 1));
        Request request = slot < capacity ? slots.get(slot) : null;
        return request != null && request.awaitsReply(cookie) ? request : null;
    }

    /** Returns how many slots are in use. */
    int count() {
        int count = 0;
        for (int word = 0; word < used.length(); word++) {
            count += Long.bitCount(used.get(word));
        }
        return count;
    }

    /** Returns a request whose caller would read for all if it was woken, or null if there is none. */
    @Nullable
    Request findReader() {
        for (int word = 0; word < used.length(); word++) {
            for (long bits = used.get(word); bits != 0; bits &= bits - 1) {
                Request request = slots.get((word << 6) + Long.numberOfTrailingZeros(bits));
                if (request != null && request.wouldRead()) {
                    return request;
                }
            }
        }
        return null;
    }

    /** Waits until no slot is in use and takes them all; returns false if the limit came first. */
    boolean awaitEmpty(long limitNanos) throws InterruptedException {
        return permits.tryAcquire(capacity, limitNanos, TimeUnit.NANOSECONDS);
    }

    /** Gives back all slots after {@link #awaitEmpty}, so that whoever waits for one learns that the session ended. */
    void reopen() {
        permits.release(capacity);
    }

    /** Returns whether a slot is in use. */
    private boolean isUsed(int slot) {
        return (used.get(slot >>> 6) & 1L << (slot & 63)) != 0;
    }

    /** Returns how many slots there can be. */
    int capacity() {
        return capacity;
    }

    /** Returns the request of a slot that is in use, else null. */
    @Nullable
    Request inSlot(int slot) {
        return isUsed(slot) ? slots.get(slot) : null;
    }
}
