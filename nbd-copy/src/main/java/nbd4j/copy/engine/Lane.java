// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import nbd4j.copy.endpoint.ReadPipeline;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Transfer;
import org.jspecify.annotations.Nullable;

/**
 * Does tasks, several at a time on one thread: begins reads until as many are under way as the lane is deep, then takes the
 * oldest job a step further, from read to search for zeroes to write to done. Where an end has no pipelines its calls
 * block, and more lanes do what depth does elsewhere.
 *
 * <p>What fails in a pipeline is done again by {@link Ends}, which repeats and waits. Before a lane blocks there, or drops
 * its buffers, it awaits all it has under way.
 *
 * <p>Each lane belongs to one thread. The parts they share are safe for many.
 */
final class Lane implements AutoCloseable {
    private final WorkFeed feed;
    private final TaskSource tasks;
    private final BufferBudget memory;
    private final int requestSize;
    private final Ends ends;
    private final Counters counters;
    private final LaneDepth depth;
    private final boolean inOrder;
    private final StreamReader stream;
    private final @Nullable ReadPipeline reads;
    private final LaneTarget target;
    /** What is under way, oldest first. */
    private final Deque<Job> jobs = new ArrayDeque<>();
    /** Buffers that are not in use, the one used last first: it is in the processor's cache. */
    private final Deque<ByteBuffer> spare = new ArrayDeque<>();
    /** Jobs that were done and that the feed has not been told of. */
    private int done;

    Lane(CopyParts parts, Ends ends, WorkFeed feed, TaskSource tasks, Turnstile turnstile, LaneDepth depth) {
        counters = parts.counters();
        memory = parts.memory();
        requestSize = parts.geometry().requestSize();
        inOrder = parts.target().sequential();
        this.ends = ends;
        this.feed = feed;
        this.tasks = tasks;
        this.depth = depth;
        stream = new StreamReader(parts.source(), parts.target(), ends);
        Source source = parts.source();
        reads = source.pipelines() > 0 ? source.pipeline() : null;
        target = new LaneTarget(parts, ends, feed, turnstile, depth, this::land);
    }

    /** Does tasks until there are no more. */
    void run() throws IOException, InterruptedException {
        while (begin() || goOn()) {}
    }

    /** Begins a task; returns false if there is none now, or no room for it. Waits for one if nothing is under way. */
    private boolean begin() throws IOException, InterruptedException {
        if (jobs.size() >= depth.jobs()) {
            return false;
        }
        // The buffer before the task: who has the next task of an ordered target must be able to go on.
        ByteBuffer buffer = buffer();
        if (buffer == null) {
            return false;
        }
        spare.push(buffer);
        Task task = nextTask();
        if (task == null) {
            return false;
        }
        Job job = new Job(task, spare.pop(), System.nanoTime());
        jobs.add(job);
        read(job);
        if (job.reading == null && (jobs.size() == 1 || !inOrder)) {
            // Nothing to wait for.
            jobs.removeLast();
            jobs.addFirst(job);
            return goOn();
        }
        return true;
    }

    /** Returns a buffer that this lane has, or another; null if there is none to be had without waiting. */
    private @Nullable ByteBuffer buffer() throws InterruptedException {
        ByteBuffer own = spare.poll();
        if (own != null) {
            return own;
        }
        return jobs.isEmpty() ? memory.acquire(requestSize) : memory.tryAcquire(requestSize);
    }

    private @Nullable Task nextTask() throws InterruptedException {
        int count = done;
        done = 0;
        if (!jobs.isEmpty()) {
            return feed.poll(count);
        }
        // Before a wait that may be long: one is enough to go on with.
        releaseSpare(1);
        return feed.take(count);
    }

    private void releaseSpare(int keep) {
        while (spare.size() > keep) {
            memory.release(spare.pop());
        }
    }

    /** Takes the oldest job a step further; returns false if there is none. */
    private boolean goOn() throws IOException, InterruptedException {
        Job job = jobs.peek();
        if (job == null) {
            return false;
        }
        if (!job.writing) {
            finishRead(job);
            job.writing = true;
            target.write(job);
            if (!job.parts.isEmpty()) {
                jobs.add(jobs.remove());
                return true;
            }
        }
        target.finish(job);
        jobs.remove();
        done++;
        spare.push(job.buffer);
        if (memory.isWanted()) {
            releaseSpare(0);
        }
        depth.learn(job.task, System.nanoTime() - job.begunNanos);
        return true;
    }

    private void read(Job job) throws IOException, InterruptedException {
        switch (job.task.kind()) {
            case COPY -> {
                job.buffer.clear().limit(Math.toIntExact(job.task.length()));
                job.reading = tryRead(job);
                if (job.reading == null) {
                    depth.blocked(() -> ends.read(job.task.offset(), job.buffer, null));
                }
            }
            case STREAM -> {
                boolean atEnd = stream.read(job.task.offset(), job.buffer.clear());
                feed.streamed((StreamTasks) tasks, job.buffer.position(), atEnd);
                job.buffer.limit(job.buffer.position());
            }
            case ZERO, RUN, FILL -> {}
        }
    }

    /** Begins a read; returns null if it can only be waited for. */
    private @Nullable Flight tryRead(Job job) {
        if (reads == null) {
            return null;
        }
        try {
            Transfer transfer = reads.tryRead(job.task.offset(), job.buffer);
            if (transfer == null) {
                land();
                transfer = reads.tryRead(job.task.offset(), job.buffer);
            }
            return transfer == null ? null : Flight.of(transfer);
        } catch (IOException e) {
            return Flight.failed(e);
        }
    }

    private void finishRead(Job job) throws IOException, InterruptedException {
        Flight reading = job.reading;
        if (reading == null) {
            return;
        }
        reading.land();
        job.reading = null;
        IOException failure = reading.failure();
        if (failure == null) {
            counters.read.add(job.task.length());
        } else {
            land();
            ends.read(job.task.offset(), job.buffer, failure);
        }
    }

    /** Waits until nothing is under way. */
    private void land() {
        jobs.forEach(Job::land);
    }

    /** Awaits what is under way, and gives back the buffers. */
    @Override
    public void close() {
        land();
        for (Job job = jobs.poll(); job != null; job = jobs.poll()) {
            spare.push(job.buffer);
            done++;
        }
        releaseSpare(0);
        feed.done(done);
        if (reads != null) {
            reads.close();
        }
        target.close();
    }
}
