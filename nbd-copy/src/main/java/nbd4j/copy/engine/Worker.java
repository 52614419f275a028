// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointException.Side;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.hash.DiskHasher;
import org.jspecify.annotations.Nullable;

/**
 * Does one task after the other, blocking: reads, looks for zeroes, writes. A copy runs many of these at once, each on a
 * virtual thread and with a buffer of its own; that one reads while another writes is what overlaps the two.
 *
 * <p>Everything here is shared by the workers of one copy and does not change.
 */
final class Worker {
    private final Source source;
    private final Target target;
    private final EngineOptions options;
    private final WorkFeed feed;
    private final TaskSource tasks;
    private final Retry retry;
    private final Counters counters;
    private final Semaphore reads;
    private final Semaphore writes;
    private final Turnstile turnstile;
    private final ZeroScan scan;
    private final ByteBuffer zeroes;
    private final boolean skipZeroes;
    private final long diskEnd;
    private final @Nullable DiskHasher hasher;

    Worker(CopyParts parts, WorkFeed feed, TaskSource tasks, Turnstile turnstile) {
        this.source = parts.source();
        this.target = parts.target();
        this.options = parts.options();
        this.feed = feed;
        this.tasks = tasks;
        this.retry = parts.retry();
        this.counters = parts.counters();
        this.reads = new Semaphore(source.maximumParallel());
        this.writes = new Semaphore(target.maximumParallel());
        this.turnstile = turnstile;
        this.zeroes = parts.zeroes();
        this.scan = new ZeroScan(parts.geometry().sparse(), zeroes);
        this.skipZeroes = parts.skipZeroes();
        this.diskEnd = parts.diskEnd();
        this.hasher = parts.hasher();
    }

    /** Does one task of the feed with a buffer that is the caller's until the return. */
    void perform(Task task, ByteBuffer buffer) throws IOException, InterruptedException {
        switch (task.kind()) {
            case COPY -> {
                buffer.clear().limit(Math.toIntExact(task.length()));
                read(task.offset(), buffer);
                write(task, buffer.flip());
            }
            case STREAM -> stream(task, buffer.clear());
            case ZERO -> zero(task);
            case RUN -> zeroRun(task);
            case FILL -> {
                writeZeroes(task.offset(), task.length());
                counters.zeroed.add(task.length());
            }
        }
    }

    private void read(long offset, ByteBuffer into) throws IOException, InterruptedException {
        reads.acquire();
        try {
            retry.run(source::retryable, () -> source.read(offset, into.position(0)));
        } catch (IOException e) {
            throw new EndpointException(Side.SOURCE, String.valueOf(e.getMessage()), e);
        } finally {
            reads.release();
        }
        counters.read.add(into.position());
    }

    /** Reads what comes next from a sequential source; the next read begins while this one is being written. */
    private void stream(Task task, ByteBuffer buffer) throws IOException, InterruptedException {
        OptionalLong size = source.size();
        if (size.isPresent()) {
            buffer.limit(Math.toIntExact(Math.min(buffer.capacity(), size.getAsLong() - task.offset())));
        }
        if (buffer.hasRemaining()) {
            read(task.offset(), buffer);
        }
        int count = buffer.position();
        boolean atEnd = size.isPresent() ? task.offset() + count == size.getAsLong() : count < buffer.limit();
        if (count < buffer.limit() && size.isPresent()) {
            throw new EndpointException(
                    Side.SOURCE,
                    "the stream ended after %d of %d bytes".formatted(task.offset() + count, size.getAsLong()),
                    new EOFException());
        }
        requireRoom(task.offset() + count);
        feed.streamed((StreamTasks) tasks, count, atEnd);
        Task copy = new Task(Task.Kind.COPY, task.offset(), count, task.ticket());
        if (count > 0) {
            write(copy, buffer.flip());
        }
    }

    private void requireRoom(long needed) throws EndpointException {
        OptionalLong capacity = target.size();
        if (capacity.isPresent() && needed > capacity.getAsLong()) {
            throw new EndpointException(
                    Side.TARGET,
                    "%s holds %d bytes, but the source has at least %d"
                            .formatted(target.name(), capacity.getAsLong(), needed));
        }
    }

    private void write(Task task, ByteBuffer data) throws IOException, InterruptedException {
        if (hasher != null) {
            hasher.data(task.offset(), data);
        }
        if (!target.sequential()) {
            writeAnywhere(task, data);
        } else if (turnstile.enter(task.ticket())) {
            write(task.offset(), data);
            counters.written.add(task.length());
            turnstile.leave();
        }
    }

    /** Writes the data of a task, and hands in the zeroes that were found in it. */
    private void writeAnywhere(Task task, ByteBuffer data) throws IOException, InterruptedException {
        int limit = data.limit();
        boolean last = task.end() == diskEnd;
        int leadingEnd = 0;
        int trailingStart = limit;
        for (int from = 0; from < limit; ) {
            int end = scan.runEnd(data, task.offset(), from, last);
            if (end >= 0) {
                write(task.offset() + from, data.slice(from, end - from));
                counters.written.add(end - from);
                from = end;
                continue;
            }
            end = ~end;
            if (skipZeroes) {
                counters.skipped.add(end - from);
            } else if (from == 0) {
                leadingEnd = end;
            } else if (end == limit) {
                trailingStart = from;
            } else {
                zeroRun(Task.run(task.offset() + from, end - from));
            }
            from = end;
        }
        if (skipZeroes) {
            return;
        }
        if (leadingEnd == limit) {
            feed.settleZero(task.offset(), task.end());
        } else {
            feed.settleData(task.offset(), task.offset() + leadingEnd, task.offset() + trailingStart, task.end());
        }
    }

    /** A range that the source says reads as zeroes. */
    private void zero(Task task) throws IOException, InterruptedException {
        if (hasher != null) {
            hasher.zeroes(task.offset(), task.length());
        }
        if (target.sequential()) {
            if (turnstile.enter(task.ticket())) {
                writeZeroes(task.offset(), task.length());
                counters.zeroed.add(task.length());
                turnstile.leave();
            }
        } else if (skipZeroes) {
            counters.skipped.add(task.length());
        } else {
            feed.settleZero(task.offset(), task.end());
        }
    }

    /** Makes a range read as zeroes by the best means the target has. */
    private void zeroRun(Task run) throws IOException, InterruptedException {
        boolean[] done = new boolean[1];
        if (target.canZero()) {
            writes.acquire();
            try {
                retry.run(
                        target::retryable, () -> done[0] = target.zero(run.offset(), run.length(), options.zeroMode()));
            } catch (IOException e) {
                throw new EndpointException(Side.TARGET, String.valueOf(e.getMessage()), e);
            } finally {
                writes.release();
            }
        }
        if (done[0]) {
            counters.zeroed.add(run.length());
        } else {
            feed.fill(run.offset(), run.length());
        }
    }

    private void writeZeroes(long offset, long length) throws IOException, InterruptedException {
        for (long at = offset; at < offset + length; ) {
            int count = Math.toIntExact(Math.min(zeroes.capacity(), offset + length - at));
            write(at, zeroes.slice(0, count));
            at += count;
        }
    }

    private void write(long offset, ByteBuffer from) throws IOException, InterruptedException {
        writes.acquire();
        try {
            retry.run(target::retryable, () -> target.write(offset, from.position(0)));
        } catch (IOException e) {
            throw new EndpointException(Side.TARGET, String.valueOf(e.getMessage()), e);
        } finally {
            writes.release();
        }
    }
}
