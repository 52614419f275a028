// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import nbd4j.copy.extent.ZeroRanges;
import nbd4j.copy.plan.Geometry;
import nbd4j.copy.plan.PiecePlan;
import nbd4j.copy.plan.WorkItem;
import org.jspecify.annotations.Nullable;

/** The tasks of a source that can be read anywhere, piece by piece as its extents arrive. Guarded like its window. */
final class ExtentTasks implements TaskSource {
    private final Geometry geometry;
    private final TaskLength length;
    private final ExtentWindow window;
    private final long size;
    private @Nullable PiecePlan current;
    private long ticket;

    ExtentTasks(Geometry geometry, TaskLength length, ExtentWindow window, long size) {
        this.geometry = geometry;
        this.length = length;
        this.window = window;
        this.size = size;
    }

    @Override
    public @Nullable Task next() {
        while (true) {
            if (current != null) {
                WorkItem item = current.next(length.longest());
                if (item != null) {
                    return task(item);
                }
                current = null;
            }
            ZeroRanges piece = window.poll();
            if (piece == null) {
                return null;
            }
            current = new PiecePlan(geometry, piece, size);
        }
    }

    @Override
    public boolean exhausted() {
        return current == null && window.exhausted();
    }

    @Override
    public long patienceNanos() {
        return window.patienceNanos();
    }

    private Task task(WorkItem item) {
        Task.Kind kind = item instanceof WorkItem.Zero ? Task.Kind.ZERO : Task.Kind.COPY;
        if (kind == Task.Kind.COPY) {
            length.count(item.length());
        }
        return new Task(kind, item.offset(), item.length(), ticket++);
    }
}
