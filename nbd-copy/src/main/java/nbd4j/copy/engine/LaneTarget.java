// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.endpoint.Transfer;
import nbd4j.copy.endpoint.WritePipeline;
import nbd4j.copy.endpoint.ZeroMode;
import nbd4j.copy.hash.DiskHasher;
import org.jspecify.annotations.Nullable;

/**
 * The target's side of a {@link Lane}: looks for zeroes in what was read, writes the rest, zeroes what is to be zeroed. In
 * a pipeline where the target has one; else, and for what failed there, by the calls of {@link Ends}, which block.
 *
 * <p>For the thread of the lane.
 */
final class LaneTarget {
    private final Target target;
    private final ZeroMode zeroMode;
    private final WorkFeed feed;
    private final Ends ends;
    private final Counters counters;
    private final Turnstile turnstile;
    private final ZeroScan scan;
    private final ByteBuffer zeroes;
    private final boolean skipZeroes;
    private final long diskEnd;
    private final @Nullable DiskHasher hasher;
    private final @Nullable WritePipeline writes;
    private final LaneDepth depth;
    private final Runnable landAll;

    /**
     * Creates the target's side.
     *
     * @param landAll awaits all that the lane has under way
     */
    LaneTarget(CopyParts parts, Ends ends, WorkFeed feed, Turnstile turnstile, LaneDepth depth, Runnable landAll) {
        target = parts.target();
        zeroMode = parts.options().zeroMode();
        counters = parts.counters();
        zeroes = parts.zeroes();
        scan = new ZeroScan(parts.geometry().sparse(), zeroes);
        skipZeroes = parts.skipZeroes();
        diskEnd = parts.diskEnd();
        hasher = parts.hasher();
        this.ends = ends;
        this.feed = feed;
        this.turnstile = turnstile;
        this.depth = depth;
        this.landAll = landAll;
        writes = target.pipelines() > 0 ? target.pipeline() : null;
    }

    /** Begins what the task means for the target, whose data have come; what is not under way afterwards is done. */
    void write(Job job) throws IOException, InterruptedException {
        Task task = job.task;
        switch (task.kind()) {
            case COPY, STREAM -> {
                ByteBuffer data = job.buffer.position(0);
                if (hasher != null && data.hasRemaining()) {
                    hasher.data(task.offset(), data);
                }
                if (target.sequential()) {
                    inTurn(task, () -> writeNow(task.offset(), data, data.remaining()));
                } else {
                    writeData(job, data);
                }
            }
            case ZERO -> zero(task);
            case RUN -> zero(job, task.offset(), task.length());
            case FILL -> fill(job, task.offset(), task.length());
        }
    }

    /** Waits for what is under way, and does again what failed. */
    void finish(Job job) throws IOException, InterruptedException {
        for (Job.Part part = job.parts.poll(); part != null; part = job.parts.poll()) {
            part.flight().land();
            IOException failure = part.flight().failure();
            ByteBuffer data = part.data();
            if (data == null) {
                if (failure == null) {
                    counters.zeroed.add(part.length());
                } else {
                    zeroNow(part.offset(), part.length());
                }
                continue;
            }
            if (failure != null) {
                landAll.run();
                ends.write(part.offset(), data, failure);
            }
            count(job, part.length());
        }
    }

    /** Does something when all before it in the order of the disk is done. */
    private void inTurn(Task task, LaneDepth.Step step) throws IOException, InterruptedException {
        if (turnstile.enter(task.ticket())) {
            step.run();
            turnstile.leave();
        }
    }

    private void writeNow(long offset, ByteBuffer data, int length) throws IOException, InterruptedException {
        if (length > 0) {
            depth.blocked(() -> ends.write(offset, data, null));
            counters.written.add(length);
        }
    }

    /** Begins to write the data of a job, and hands in the zeroes that are found in it. */
    private void writeData(Job job, ByteBuffer data) throws IOException, InterruptedException {
        long base = job.task.offset();
        int limit = data.limit();
        boolean last = base + limit == diskEnd;
        int leadingEnd = 0;
        int trailingStart = limit;
        for (int from = 0; from < limit; ) {
            int end = scan.runEnd(data, base, from, last);
            if (end >= 0) {
                put(job, base + from, end - from, data.slice(from, end - from));
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
                zero(job, base + from, end - from);
            }
            from = end;
        }
        if (skipZeroes || limit == 0) {
            return;
        }
        if (leadingEnd == limit) {
            feed.settleZero(base, base + limit);
        } else {
            feed.settleData(base, base + leadingEnd, base + trailingStart, base + limit);
        }
    }

    /** A range that the source says reads as zeroes. */
    private void zero(Task task) throws IOException, InterruptedException {
        if (hasher != null) {
            hasher.zeroes(task.offset(), task.length());
        }
        if (target.sequential()) {
            inTurn(task, () -> {
                for (long at = task.offset(); at < task.end(); ) {
                    int count = Math.toIntExact(Math.min(zeroes.capacity(), task.end() - at));
                    ends.write(at, zeroes.slice(0, count), null);
                    at += count;
                }
                counters.zeroed.add(task.length());
            });
        } else if (skipZeroes) {
            counters.skipped.add(task.length());
        } else {
            feed.settleZero(task.offset(), task.end());
        }
    }

    /** Begins to make a range read as zeroes by the best means the target has. */
    private void zero(Job job, long offset, long length) throws IOException, InterruptedException {
        Flight flight = null;
        if (writes != null) {
            try {
                Transfer transfer = writes.tryZero(offset, length, zeroMode);
                flight = transfer == null ? null : Flight.of(transfer);
            } catch (IOException e) {
                flight = Flight.failed(e);
            }
        }
        if (flight == null) {
            zeroNow(offset, length);
        } else {
            job.parts.add(new Job.Part(offset, length, null, flight));
        }
    }

    private void zeroNow(long offset, long length) throws IOException, InterruptedException {
        landAll.run();
        if (ends.zero(offset, length)) {
            counters.zeroed.add(length);
        } else {
            feed.fill(offset, length);
        }
    }

    private void fill(Job job, long offset, long length) throws IOException, InterruptedException {
        for (long at = offset; at < offset + length; ) {
            int count = Math.toIntExact(Math.min(zeroes.capacity(), offset + length - at));
            put(job, at, count, zeroes.slice(0, count));
            at += count;
        }
    }

    /** Begins to write a whole buffer; where the target has no pipelines, writes it. */
    private void put(Job job, long offset, int length, ByteBuffer data) throws IOException, InterruptedException {
        Flight flight = tryWrite(offset, data);
        if (flight == null) {
            depth.blocked(() -> ends.write(offset, data, null));
            count(job, length);
        } else {
            job.parts.add(new Job.Part(offset, length, data, flight));
        }
    }

    private @Nullable Flight tryWrite(long offset, ByteBuffer data) {
        if (writes == null) {
            return null;
        }
        try {
            Transfer transfer = writes.tryWrite(offset, data);
            if (transfer == null) {
                landAll.run();
                transfer = writes.tryWrite(offset, data);
            }
            return transfer == null ? null : Flight.of(transfer);
        } catch (IOException e) {
            return Flight.failed(e);
        }
    }

    private void count(Job job, long length) {
        (job.task.kind() == Task.Kind.FILL ? counters.zeroed : counters.written).add(length);
    }

    void close() {
        if (writes != null) {
            writes.close();
        }
    }
}
