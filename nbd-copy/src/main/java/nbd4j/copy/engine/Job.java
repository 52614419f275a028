// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** A task in the hands of a {@link Lane}: its buffer and what is under way for it. For the lane's thread. */
final class Job {
    /**
     * A range of the target that is being written or zeroed.
     *
     * @param data what is written; null if the range is zeroed
     */
    record Part(long offset, long length, @Nullable ByteBuffer data, Flight flight) {}

    final Task task;
    final ByteBuffer buffer;
    final long begunNanos;
    /** The read; null when its data have come. */
    @Nullable
    Flight reading;
    /** Whether the job was handed on to the target. */
    boolean writing;
    /** What the target is doing, oldest first. */
    final Deque<Part> parts = new ArrayDeque<>(2);

    Job(Task task, ByteBuffer buffer, long begunNanos) {
        this.task = task;
        this.buffer = buffer;
        this.begunNanos = begunNanos;
    }

    /** Waits until nothing is under way. */
    void land() {
        Flight read = reading;
        if (read != null) {
            read.land();
        }
        for (Part part : parts) {
            part.flight().land();
        }
    }
}
