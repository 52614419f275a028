// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.extent;

import java.util.Arrays;
import java.util.List;
import nbd4j.model.Extent;

/**
 * The parts of one range of a disk that are known to read as zeroes. Everything else is to be read.
 *
 * <p>Held as pairs of numbers, 16 bytes for each part, because a fragmented disk has hundreds of thousands of them.
 * Immutable.
 */
public final class ZeroRanges {
    private final long offset;
    private final long end;
    private final long[] edges;

    private ZeroRanges(long offset, long end, long[] edges) {
        this.offset = offset;
        this.end = end;
        this.edges = edges;
    }

    /** Returns a range of which nothing is known, so that all of it is to be read. */
    public static ZeroRanges none(long offset, long length) {
        return new ZeroRanges(offset, offset + length, new long[0]);
    }

    /** Returns where the range begins, in bytes. */
    public long offset() {
        return offset;
    }

    /** Returns the first byte behind the range. */
    public long end() {
        return end;
    }

    /** Returns how many parts there are. They are in order and do not touch. */
    public int count() {
        return edges.length / 2;
    }

    /** Returns where part {@code index} begins. */
    public long start(int index) {
        return edges[2 * index];
    }

    /** Returns the first byte behind part {@code index}. */
    public long end(int index) {
        return edges[2 * index + 1];
    }

    /**
     * Collects what a server says about one range, answer by answer.
     *
     * <p>Believes little: an answer that does not begin where the one before it ended, or that has a gap, is taken up
     * to that point only, and what lies beyond the range is cut off. Only the ZERO state counts; a hole without it may
     * read as anything. Not thread-safe.
     */
    public static final class Builder {
        private final long offset;
        private final long end;
        private long[] edges = new long[8];
        private int used;
        private long covered;

        /** Creates an empty collection for {@code length} bytes at {@code offset}. */
        public Builder(long offset, long length) {
            this.offset = offset;
            this.end = offset + length;
            this.covered = offset;
        }

        /** Returns the first byte of which nothing has been said; the end of the range when all has. */
        public long covered() {
            return covered;
        }

        /** Adds an answer. Returns whether it said anything new; false means that asking again is useless. */
        public boolean add(List<Extent> extents) {
            long before = covered;
            for (Extent extent : extents) {
                if (extent.offset() > covered) {
                    break;
                }
                long extentEnd = Math.min(extent.end(), end);
                if (extentEnd <= covered) {
                    continue;
                }
                if (extent.zero()) {
                    append(covered, extentEnd);
                }
                covered = extentEnd;
            }
            return covered > before;
        }

        /** Returns what was collected; bytes of which nothing was said count as data. */
        public ZeroRanges build() {
            return new ZeroRanges(offset, end, Arrays.copyOf(edges, used));
        }

        private void append(long from, long to) {
            if (used > 0 && edges[used - 1] == from) {
                edges[used - 1] = to;
                return;
            }
            if (used == edges.length) {
                edges = Arrays.copyOf(edges, 2 * used);
            }
            edges[used] = from;
            edges[used + 1] = to;
            used += 2;
        }
    }
}
