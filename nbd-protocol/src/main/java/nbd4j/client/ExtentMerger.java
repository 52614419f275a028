// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.util.ArrayList;
import java.util.List;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.Extent;

/** Strings descriptors together to the extents of a range: merges neighbours of the same status, clips the last. */
final class ExtentMerger {
    private final List<Extent> extents = new ArrayList<>();
    private final long end;
    /** The run that may still grow: [runStart, position). */
    private long runStart;

    private long position;
    private long runFlags;

    ExtentMerger(long start, long end) {
        this.end = end;
        runStart = start;
        position = start;
    }

    /** Returns the first byte whose status is not known. */
    long position() {
        return position;
    }

    boolean isDone() {
        return position == end || extents.size() >= NbdConnection.MAXIMUM_EXTENTS - 1;
    }

    /** Adds the descriptors that follow one another from {@link #position} on. */
    void add(List<BlockDescriptor> descriptors) {
        for (BlockDescriptor descriptor : descriptors) {
            if (isDone()) {
                return;
            }
            if (position > runStart && descriptor.flags() != runFlags) {
                finishRun();
            }
            runFlags = descriptor.flags();
            position += Math.min(descriptor.length(), end - position);
        }
    }

    private void finishRun() {
        extents.add(new Extent(runStart, position - runStart, runFlags));
        runStart = position;
    }

    /** Returns what was found. */
    List<Extent> extents() {
        if (position > runStart) {
            finishRun();
        }
        return extents;
    }
}
