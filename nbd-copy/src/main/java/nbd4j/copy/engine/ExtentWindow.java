// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.extent.ZeroRanges;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a source for its extents ahead of the data, several pieces at a time.
 *
 * <p>A piece of which nothing can be learned, or not in time while there is nothing else to do, is read as a whole; so
 * a slow or failing block status costs reading, never the copy. After a few such pieces no more are asked for. Pieces
 * begin small, so that the first answer comes soon, and grow to the largest the source takes; they shrink where the
 * disk is fragmented, so that what is held stays small.
 *
 * <p>Its owner calls with the lock held. The threads that ask take the lock only to hand over the answer.
 */
final class ExtentWindow {
    /** How long a piece may keep a copy waiting that has nothing else to do. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** 32 answers of 20 ms each cover 1.6 TiB per second; more would crowd out the reads. */
    private static final int MOST_ASKED = 32;

    private static final int FIRST_ASKED = 4;
    /** Pieces that are held, asked for or answered; bounds memory together with {@link #MOST_RANGES}. */
    private static final int MOST_PIECES = 128;
    /** Ranges that are held, 16 bytes each. */
    private static final int MOST_RANGES = 1 << 17;

    private static final int FRAGMENTED = 1 << 13;
    private static final long FIRST_LENGTH = 64L << 20;
    private static final long SHORTEST_LENGTH = 32L << 20;
    private static final int MOST_FAILURES = 4;
    /** How long a thread waits for the next piece; the last one that is asked for ends them all. */
    private static final long IDLE_SECONDS = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ExtentWindow.class);

    private static final class Piece {
        final long offset;
        final long length;
        final long askedNanos;

        @Nullable
        ZeroRanges answer;

        Piece(long offset, long length, long askedNanos) {
            this.offset = offset;
            this.length = length;
            this.askedNanos = askedNanos;
        }
    }

    private final Source source;
    private final long size;
    private final boolean inOrder;
    private final ReentrantLock lock;
    private final Condition changed;
    /** As many threads as ask at once: to start one for each GiB of a large disk takes longer than to ask. */
    private final ThreadPoolExecutor askers;

    private final Counters counters;
    private final TreeMap<Long, Piece> pieces = new TreeMap<>(); // guarded by lock, like all below
    private long next;
    private long length;
    private int asking;
    private int askLimit = FIRST_ASKED;
    private int ranges;
    private int failures;
    private boolean stopped;

    /**
     * Creates a window that has asked nothing yet.
     *
     * @param useExtents false to read everything
     * @param inOrder whether pieces are needed in the order of the disk
     * @param lock guards this object; held by callers
     * @param changed signalled when an answer arrives
     */
    ExtentWindow(
            Source source,
            long size,
            boolean useExtents,
            boolean inOrder,
            ReentrantLock lock,
            Condition changed,
            ThreadFactory threads,
            Counters counters) {
        this.source = source;
        this.size = size;
        this.inOrder = inOrder;
        this.lock = lock;
        this.changed = changed;
        this.counters = counters;
        askers = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
        this.failures = useExtents && source.canExtents() ? 0 : MOST_FAILURES;
        this.length = Math.min(FIRST_LENGTH, source.maximumExtents());
    }

    /** Returns a piece to work on, or null if none has been answered yet. */
    @Nullable
    ZeroRanges poll() {
        if (failures >= MOST_FAILURES && pieces.isEmpty() && next < size) {
            ZeroRanges rest = ZeroRanges.none(next, size - next);
            next = size;
            askers.shutdown();
            return rest;
        }
        askAhead();
        Piece ready = firstAnswered();
        if (ready == null) {
            ready = firstOverdue();
        }
        if (ready == null || ready.answer == null) {
            return null;
        }
        pieces.remove(ready.offset);
        ranges -= ready.answer.count();
        return ready.answer;
    }

    boolean exhausted() {
        return pieces.isEmpty() && next >= size;
    }

    /** Returns how long to wait for an answer before the oldest piece is read without one. */
    long patienceNanos() {
        Map.Entry<Long, Piece> first = pieces.firstEntry();
        if (first == null) {
            return Long.MAX_VALUE;
        }
        return Math.max(1, first.getValue().askedNanos + PATIENCE.toNanos() - System.nanoTime());
    }

    /** Asks no more. Answers on their way are dropped. */
    void stop() {
        stopped = true;
        askers.shutdown();
    }

    private void askAhead() {
        while (!stopped
                && failures < MOST_FAILURES
                && next < size
                && asking < askLimit
                && pieces.size() < MOST_PIECES
                && ranges < MOST_RANGES) {
            long boundary = (next & -length) + length;
            long end = boundary < 0 ? size : Math.min(boundary, size);
            Piece piece = new Piece(next, end - next, System.nanoTime());
            pieces.put(piece.offset, piece);
            next = end;
            asking++;
            askers.execute(() -> ask(piece));
            if (next == size) {
                askers.shutdown();
            }
        }
    }

    private @Nullable Piece firstAnswered() {
        for (Piece piece : pieces.values()) {
            if (piece.answer != null) {
                return piece;
            }
            if (inOrder) {
                return null;
            }
        }
        return null;
    }

    /** Gives up on the first piece if it was asked for too long ago: it counts as answered with nothing. */
    private @Nullable Piece firstOverdue() {
        Map.Entry<Long, Piece> first = pieces.firstEntry();
        if (first == null || System.nanoTime() - first.getValue().askedNanos < PATIENCE.toNanos()) {
            return null;
        }
        Piece piece = first.getValue();
        fail("it gave no answer for %d s".formatted(PATIENCE.toSeconds()));
        piece.answer = ZeroRanges.none(piece.offset, piece.length);
        return piece;
    }

    /** Runs on a thread of its own: asks until the piece is covered or nothing new is said. */
    private void ask(Piece piece) {
        ZeroRanges.Builder answer = new ZeroRanges.Builder(piece.offset, piece.length);
        String failure = null;
        try {
            long end = piece.offset + piece.length;
            boolean more = true;
            while (more && answer.covered() < end) {
                more = answer.add(source.extents(answer.covered(), end - answer.covered()));
            }
            if (!more) {
                failure = "it said nothing about " + answer.covered();
            }
        } catch (IOException | RuntimeException e) {
            failure = String.valueOf(e.getMessage());
        }
        ZeroRanges built = answer.build();
        lock.lock();
        try {
            asking--;
            if (stopped) {
                return;
            }
            if (failure != null) {
                fail(failure);
            } else {
                adapt(built);
            }
            if (piece.answer == null) {
                piece.answer = built;
                ranges += built.count();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void adapt(ZeroRanges answer) {
        askLimit = Math.min(askLimit + 2, MOST_ASKED);
        if (answer.count() > FRAGMENTED) {
            length = Math.max(length / 2, SHORTEST_LENGTH);
        } else if (length < source.maximumExtents()) {
            length *= 2;
        }
    }

    private void fail(String why) {
        failures++;
        if (failures == 1) {
            counters.warnings.increment();
            LOG.warn("{}: block status failed: {}; reading what it should have told", source.name(), why);
        } else if (failures == MOST_FAILURES) {
            LOG.warn("{}: block status failed {} times; asking no more", source.name(), MOST_FAILURES);
        }
    }
}
