// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import nbd4j.model.BlockDescriptor;

/**
 * Asks a server for the map of a range and hands the rows on, in order.
 *
 * <p>Several requests are in flight, for ranges whose size follows what the server answered so far: a server that
 * describes a whole disk at once is asked once. Used by one thread; the requests run on threads of its own, and none is
 * left when {@link #run} returns.
 */
final class MapWalk {
    /** Requests in flight at most. With 20 ms for each that is 800 a second. */
    private static final int LOOKAHEAD = 16;

    /** A server that sends this many descriptors at a time keeps us busy; more such answers at once only cost memory. */
    private static final int LARGE_REPLY = 1 << 15;

    /**
     * Shortest range to ask for, if the alignment allows it: 1 MiB. A server that covers less than was asked costs nothing
     * by that, but after a few short answers ranges as short would cost a request each.
     */
    private static final long SHORTEST = 1L << 20;

    /** How long a walk that failed waits for what is in flight: a server is not to be left in its middle lightly. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final StatusSource source;
    private final Runnable abort;
    private final int contexts;
    private final long alignment;
    private final long maximumLength;
    private final MapLimits limits;
    private final long shortest;
    private final LongSupplier nanoTime;
    private final LongConsumer progress;
    private long startNanos;
    private long step;
    private int lookahead = 1;

    /**
     * Prepares a walk.
     *
     * @param abort makes the requests in flight fail at once; called when the time is up
     * @param contexts how many contexts the source reports on
     * @param alignment what every request must be a multiple of, in bytes
     * @param maximumLength the longest range to ask for, in bytes; a multiple of the alignment
     * @param nanoTime the clock
     * @param progress is told after each answer up to which offset the map is known
     */
    MapWalk(
            StatusSource source,
            Runnable abort,
            int contexts,
            long alignment,
            long maximumLength,
            MapLimits limits,
            LongSupplier nanoTime,
            LongConsumer progress) {
        this.source = source;
        this.abort = abort;
        this.contexts = contexts;
        this.alignment = alignment;
        this.maximumLength = maximumLength;
        shortest = Math.min(maximumLength, Math.max(alignment, SHORTEST - SHORTEST % alignment));
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.progress = progress;
    }

    /** Hands on the rows from one aligned offset to another, and the end. */
    void run(long from, long to, MapSink sink) throws IOException {
        startNanos = nanoTime.getAsLong();
        step = maximumLength;
        var joiner = new RowJoiner(sink, from, limits.rows());
        var ahead = new ArrayDeque<Asked>();
        try (ExecutorService threads = Executors.newFixedThreadPool(LOOKAHEAD, CliThreads.FACTORY)) {
            try {
                long planned = from;
                while (joiner.position() < to) {
                    while (planned < to && ahead.size() < lookahead) {
                        long length = Math.min(step, to - planned);
                        ahead.addLast(ask(threads, planned, length));
                        planned += length;
                    }
                    take(threads, ahead.removeFirst(), joiner, to);
                }
            } finally {
                end(threads, ahead);
            }
        }
        joiner.end();
    }

    private Asked ask(ExecutorService threads, long offset, long length) {
        return new Asked(offset, length, threads.submit(() -> source.status(offset, length)));
    }

    private void take(ExecutorService threads, Asked asked, RowJoiner joiner, long to) throws IOException {
        long end = asked.offset() + asked.length();
        List<List<BlockDescriptor>> reply = await(asked, joiner, to);
        consume(reply, joiner, end, to);
        long covered = joiner.position() - asked.offset();
        boolean large = reply.stream().mapToInt(List::size).sum() > LARGE_REPLY;
        lookahead = large ? 1 : Math.min(LOOKAHEAD, lookahead * 2);
        step = covered < asked.length()
                ? Math.max(shortest, covered - covered % alignment)
                : Math.min(maximumLength, step > maximumLength / 2 ? maximumLength : step * 2);
        while (joiner.position() < end) {
            long position = joiner.position();
            consume(await(ask(threads, position, end - position), joiner, to), joiner, end, to);
        }
    }

    private void consume(List<List<BlockDescriptor>> reply, RowJoiner joiner, long end, long to) throws IOException {
        long before = joiner.position();
        LockStep.rows(reply, contexts, before, end, joiner);
        if (joiner.position() == before) {
            throw new IOException("the server did not return any extents at offset %d".formatted(before));
        }
        progress.accept(joiner.position());
        if (joiner.position() < to && remaining().isNegative()) {
            throw timeIsUp(joiner, to);
        }
    }

    private Duration remaining() {
        return limits.time().minusNanos(nanoTime.getAsLong() - startNanos);
    }

    private IOException timeIsUp(RowJoiner joiner, long to) {
        return new IOException(
                "the map is not complete after %s: %d extents up to offset %d of %d; narrow it with --range or allow more with --max-time"
                        .formatted(
                                HumanDuration.of(limits.time().minus(remaining())),
                                joiner.rows(),
                                joiner.position(),
                                to));
    }

    /** Waits for an answer, which may arrive byte by byte, until the time is up. */
    private List<List<BlockDescriptor>> await(Asked asked, RowJoiner joiner, long to) throws IOException {
        try {
            return asked.answer().get(Math.max(1, remaining().toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            abort.run();
            IOException failure = timeIsUp(joiner, to);
            failure.addSuppressed(e);
            throw failure;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            var interrupted = new InterruptedIOException("interrupted while waiting for the map");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        }
    }

    /** Ends the requests of a walk that failed; after one that did not there are none. */
    private void end(ExecutorService threads, Deque<Asked> ahead) {
        // Not interrupted: that would close the connection under the requests.
        ahead.forEach(each -> each.answer().cancel(false));
        threads.shutdown();
        try {
            if (!threads.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                abort.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abort.run();
        }
    }

    /** A question in flight. */
    private record Asked(long offset, long length, Future<List<List<BlockDescriptor>>> answer) {}

    /** Joins neighbours of the same type, and counts. */
    static final class RowJoiner {
        private final MapSink sink;
        private final long maximumRows;
        private final List<Long> types = new ArrayList<>();
        private long offset;
        private long position;
        private long rows;

        RowJoiner(MapSink sink, long offset, long maximumRows) {
            this.sink = sink;
            this.offset = offset;
            this.position = offset;
            this.maximumRows = maximumRows;
        }

        void add(long length, List<Long> newTypes) throws IOException {
            if (position > offset && !types.equals(newTypes)) {
                hand();
            }
            if (position == offset) {
                types.clear();
                types.addAll(newTypes);
            }
            position += length;
        }

        private void hand() throws IOException {
            if (++rows > maximumRows) {
                throw new IOException(
                        "the map has more than %d extents by offset %d; narrow it with --range, add it up with --totals or allow more with --max-extents"
                                .formatted(maximumRows, offset));
            }
            sink.row(new MapRow(offset, position - offset, types));
            offset = position;
        }

        void end() throws IOException {
            if (position > offset) {
                hand();
            }
            sink.end();
        }

        long position() {
            return position;
        }

        long rows() {
            return rows;
        }
    }
}
