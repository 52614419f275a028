// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import nbd4j.copy.endpoint.Source;
import org.jspecify.annotations.Nullable;

/**
 * Measures how fast an export can be read, over the connections that a copy would have. Only reads, at most 256 MiB in
 * about two seconds; the requests then in flight are awaited.
 *
 * @param latency of one request at a time
 * @param single one request after the other
 * @param parallel many requests in flight
 */
record Probe(Latency latency, Rate single, Rate parallel) {
    private static final int LATENCY_READS = 20;
    private static final int LATENCY_BLOCK = 512;
    private static final Duration LATENCY_TIME = Duration.ofMillis(500);
    private static final long SINGLE_BYTES = 64L << 20;
    private static final Duration SINGLE_TIME = Duration.ofMillis(600);
    private static final long PARALLEL_BYTES = 191L << 20;
    private static final Duration PARALLEL_TIME = Duration.ofMillis(900);

    /**
     * How long a small read takes.
     *
     * @param reads how many were measured
     * @param block bytes of each
     * @param median of them
     * @param minimum of them
     */
    record Latency(int reads, int block, Duration median, Duration minimum) {}

    /**
     * How fast data arrives.
     *
     * @param bytes that arrived
     * @param time until the last of them
     * @param block bytes of one request
     * @param depth requests in flight
     */
    record Rate(long bytes, Duration time, int block, int depth) {
        double bytesPerSecond() {
            return bytes * 1e9 / Math.max(1, time.toNanos());
        }
    }

    /**
     * Measures.
     *
     * @param source stays open
     * @param requestSize bytes of one request, as a copy would send them
     * @param depth most requests in flight
     * @return nothing if there is nothing to read
     */
    static Optional<Probe> of(Source source, int requestSize, int depth) throws IOException {
        long size = source.size().orElse(0);
        int minimum = source.blockSizes().minimum();
        long readable = size - size % minimum;
        if (readable == 0) {
            return Optional.empty();
        }
        Latency latency = latency(source, readable, (int) Math.min(readable, Math.max(minimum, LATENCY_BLOCK)));
        int block = (int) Math.min(requestSize, readable);
        Rate single = new Reading(source, readable, block, SINGLE_BYTES, SINGLE_TIME).run(1);
        Rate parallel = new Reading(source, readable, block, PARALLEL_BYTES, PARALLEL_TIME)
                .run(Math.min(depth, source.maximumParallel()));
        return Optional.of(new Probe(latency, single, parallel));
    }

    private static Latency latency(Source source, long readable, int block) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(block);
        source.read(0, buffer); // Not counted: the first one warms up both sides.
        long last = (readable - block) / block;
        var nanos = new long[LATENCY_READS];
        long begin = System.nanoTime();
        int reads = 0;
        while (reads < LATENCY_READS && (reads == 0 || System.nanoTime() - begin < LATENCY_TIME.toNanos())) {
            long offset = last / LATENCY_READS * reads * block;
            long start = System.nanoTime();
            source.read(offset, buffer.clear());
            nanos[reads] = System.nanoTime() - start;
            reads++;
        }
        long[] sorted = Arrays.copyOf(nanos, reads);
        Arrays.sort(sorted);
        return new Latency(reads, block, Duration.ofNanos(sorted[reads / 2]), Duration.ofNanos(sorted[0]));
    }

    /** Reads from the start on, and again from there after the end, until the bytes or the time are used up. */
    private static final class Reading {
        private final Source source;
        private final long readable;
        private final int block;
        private final long limit;
        private final Duration time;
        private final AtomicLong next = new AtomicLong();
        private final AtomicLong arrived = new AtomicLong();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private final long begin = System.nanoTime();

        Reading(Source source, long readable, int block, long limit, Duration time) {
            this.source = source;
            this.readable = readable;
            this.block = block;
            this.limit = limit;
            this.time = time;
        }

        Rate run(int depth) throws IOException {
            List<Thread> workers = new ArrayList<>();
            for (int i = 0; i < depth; i++) {
                Thread worker = CliThreads.FACTORY.newThread(this::work);
                worker.start();
                workers.add(worker);
            }
            try {
                for (Thread worker : workers) {
                    worker.join();
                }
            } catch (InterruptedException e) {
                failure.compareAndSet(null, e); // The workers end with what they are at.
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while probing " + source.name());
            }
            switch (failure.get()) {
                case null -> {}
                case IOException e -> throw e;
                case RuntimeException e -> throw e;
                case Throwable e -> throw new IOException(e);
            }
            return new Rate(arrived.get(), Duration.ofNanos(System.nanoTime() - begin), block, depth);
        }

        private void work() {
            try {
                ByteBuffer buffer = ByteBuffer.allocateDirect(block);
                long blocks = (readable + block - 1) / block;
                while (failure.get() == null) {
                    long index = next.getAndIncrement();
                    boolean first = index == 0;
                    if (!first && (index * block >= limit || System.nanoTime() - begin >= time.toNanos())) {
                        return;
                    }
                    long offset = index % blocks * block;
                    int length = (int) Math.min(block, readable - offset);
                    source.read(offset, buffer.clear().limit(length));
                    arrived.addAndGet(length);
                }
            } catch (IOException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            }
        }
    }
}
