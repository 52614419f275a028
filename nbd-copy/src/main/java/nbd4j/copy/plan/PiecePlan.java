// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.plan;

import nbd4j.copy.extent.ZeroRanges;
import org.jspecify.annotations.Nullable;

/**
 * Cuts one piece of a disk into work items, one at a time, so that a disk of any size costs no memory.
 *
 * <p>The items follow one another and cover the piece exactly once. Zeroes are planned only where the source reads as
 * zero; their edges are drawn inward to the geometry's zero alignment, and what that leaves over is read as data. The
 * end of the disk counts as aligned. Not thread-safe.
 */
public final class PiecePlan {
    private final Geometry geometry;
    private final ZeroRanges zeroes;
    private final long diskEnd;
    private long position;
    private int next;

    /**
     * Creates the plan of one piece.
     *
     * @param geometry the sizes to obey
     * @param zeroes the piece, and what is known of it
     * @param diskEnd size of the whole disk in bytes
     */
    public PiecePlan(Geometry geometry, ZeroRanges zeroes, long diskEnd) {
        this.geometry = geometry;
        this.zeroes = zeroes;
        this.diskEnd = diskEnd;
        this.position = zeroes.offset();
    }

    /**
     * Returns the next item, or null when the piece is covered.
     *
     * @param longest most bytes to be read, a power of two, no less than the geometry's minimum and zero alignment; reads
     *     end at its multiples
     */
    public @Nullable WorkItem next(int longest) {
        if (position == zeroes.end()) {
            return null;
        }
        long zeroStart = zeroes.end();
        while (next < zeroes.count()) {
            long start = alignUp(zeroes.start(next));
            long end = alignDown(zeroes.end(next));
            if (start < end && end > position) {
                if (start <= position) {
                    var item = new WorkItem.Zero(position, end - position);
                    position = end;
                    next++;
                    return item;
                }
                zeroStart = start;
                break;
            }
            next++;
        }
        long requestEnd = (position & -longest) + longest;
        long end = requestEnd < 0 ? zeroStart : Math.min(requestEnd, zeroStart);
        var item = new WorkItem.Copy(position, end - position);
        position = end;
        return item;
    }

    private long alignUp(long offset) {
        long mask = geometry.zeroAlignment() - 1L;
        if (offset > Long.MAX_VALUE - mask) {
            return Long.MAX_VALUE;
        }
        return (offset + mask) & ~mask;
    }

    private long alignDown(long offset) {
        return offset == diskEnd ? offset : offset & -geometry.zeroAlignment();
    }
}
