// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import org.jspecify.annotations.Nullable;

/**
 * The tasks of a sequential source: one read at a time, whose length shows when it is done. Guarded by the lock of the
 * {@link WorkFeed}.
 */
final class StreamTasks implements TaskSource {
    private long position;
    private long ticket;
    private boolean reading;
    private boolean ended;

    @Override
    public @Nullable Task next() {
        if (reading || ended) {
            return null;
        }
        reading = true;
        return new Task(Task.Kind.STREAM, position, 0, ticket++);
    }

    /** Says what the read of the last task brought. */
    void read(long bytes, boolean atEnd) {
        reading = false;
        position += bytes;
        ended = atEnd;
    }

    @Override
    public boolean exhausted() {
        return ended;
    }

    @Override
    public long patienceNanos() {
        return Long.MAX_VALUE;
    }

    /** Returns how many bytes have come. */
    long position() {
        return position;
    }
}
