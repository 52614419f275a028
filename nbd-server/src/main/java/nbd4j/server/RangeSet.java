// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.util.Map;
import java.util.TreeMap;

/** A set of byte ranges; ranges that touch are one. Its user guards it with a lock. */
final class RangeSet {
    /** Start of each range to its end. */
    private final TreeMap<Long, Long> ranges = new TreeMap<>();

    void add(long offset, long length) {
        long start = offset;
        long end = offset + length;
        var left = ranges.floorEntry(start);
        if (left != null && left.getValue() >= start) {
            start = left.getKey();
            end = Math.max(end, left.getValue());
        }
        var inside = ranges.subMap(start, true, end, true);
        if (!inside.isEmpty()) {
            end = Math.max(end, inside.lastEntry().getValue());
            inside.clear();
        }
        ranges.put(start, end);
    }

    void remove(long offset, long length) {
        long end = offset + length;
        var left = ranges.lowerEntry(offset);
        if (left != null && left.getValue() > offset) {
            ranges.put(left.getKey(), offset);
            if (left.getValue() > end) {
                ranges.put(end, left.getValue());
                return;
            }
        }
        var inside = ranges.subMap(offset, true, end, false);
        if (!inside.isEmpty()) {
            long last = inside.lastEntry().getValue();
            inside.clear();
            if (last > end) {
                ranges.put(end, last);
            }
        }
    }

    void clear() {
        ranges.clear();
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    boolean contains(long offset) {
        var left = ranges.floorEntry(offset);
        return left != null && left.getValue() > offset;
    }

    /** Returns how many of {@code length} bytes from {@code offset} are in the set, or out of it, as the first one is. */
    long run(long offset, long length) {
        var left = ranges.floorEntry(offset);
        if (left != null && left.getValue() > offset) {
            return Math.min(length, left.getValue() - offset);
        }
        var right = ranges.higherKey(offset);
        return right == null ? length : Math.min(length, right - offset);
    }

    /** Takes out and returns the first range, start to end. */
    Map.Entry<Long, Long> first() {
        return ranges.firstEntry();
    }

    int count() {
        return ranges.size();
    }
}
