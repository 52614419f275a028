// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Joins zeroes that touch, though they are found in pieces and out of order, so that few long commands are sent.
 *
 * <p>Each work item is settled once. Zeroes inside it are final; those at its edges wait until the neighbour is settled
 * too, then they go out as one. What lies between multiples of the longest length goes out at once. What is
 * held is bounded by the number of items in flight: an edge is forgotten as soon as both its sides are settled.
 *
 * <p>Not thread-safe: guarded by the lock of its {@link WorkFeed}.
 */
final class ZeroCollector {
    /** A run of zeroes of which one end or both may still grow. */
    private static final class Run {
        long start;
        long end;
        boolean startOpen;
        boolean endOpen;
    }

    private final long diskEnd;
    private final long longest;
    private final BiConsumer<Long, Long> out;
    private final Map<Long, Run> endingAt = new HashMap<>(); // runs that may grow upwards
    private final Map<Long, Run> startingAt = new HashMap<>(); // runs that may grow downwards
    private final Set<Long> halfSettled = new HashSet<>(); // edges with nothing to join on one side

    /**
     * Creates an empty collector.
     *
     * @param diskEnd where the last item ends, or {@link Long#MAX_VALUE} if unknown
     * @param longest bytes of one run, a power of two
     * @param out takes the finished runs as offset and length; must not wait
     */
    ZeroCollector(long diskEnd, long longest, BiConsumer<Long, Long> out) {
        this.diskEnd = diskEnd;
        this.longest = longest;
        this.out = out;
    }

    /** Settles an item that is all zeroes. */
    void settleZero(long start, long end) {
        Run run = new Run();
        run.start = start;
        run.end = end;
        joinBelow(run);
        joinAbove(run);
        sendOrKeep(run);
    }

    /**
     * Settles an item that has data.
     *
     * @param start where it begins
     * @param leadingEnd where the zeroes at its beginning end; {@code start} if there are none
     * @param trailingStart where the zeroes at its end begin; {@code end} if there are none
     * @param end the first byte behind it
     */
    void settleData(long start, long leadingEnd, long trailingStart, long end) {
        if (leadingEnd > start) {
            Run run = new Run();
            run.start = start;
            run.end = leadingEnd;
            joinBelow(run);
            sendOrKeep(run);
        } else {
            closeBelow(start);
        }
        if (trailingStart < end) {
            Run run = new Run();
            run.start = trailingStart;
            run.end = end;
            joinAbove(run);
            sendOrKeep(run);
        } else {
            closeAbove(end);
        }
    }

    /** Sends out all that still waits, because no more items come. */
    void finish() {
        Set<Run> rest = new HashSet<>(endingAt.values());
        rest.addAll(startingAt.values());
        endingAt.clear();
        startingAt.clear();
        halfSettled.clear();
        rest.forEach(run -> send(run.start, run.end));
    }

    /** Joins the run to the one that ends where it begins, if that is settled. */
    private void joinBelow(Run run) {
        Run below = endingAt.remove(run.start);
        if (below != null) {
            if (below.startOpen) {
                startingAt.remove(below.start);
            }
            run.start = below.start;
            run.startOpen = below.startOpen;
            return;
        }
        run.startOpen = run.start != 0 && !halfSettled.remove(run.start);
    }

    private void joinAbove(Run run) {
        Run above = startingAt.remove(run.end);
        if (above != null) {
            if (above.endOpen) {
                endingAt.remove(above.end);
            }
            run.end = above.end;
            run.endOpen = above.endOpen;
            return;
        }
        run.endOpen = run.end != diskEnd && !halfSettled.remove(run.end);
    }

    /** Says that there is data just above this edge. */
    private void closeBelow(long edge) {
        Run below = endingAt.remove(edge);
        if (below != null) {
            below.endOpen = false;
            if (below.startOpen) {
                startingAt.remove(below.start);
            }
            sendOrKeep(below);
        } else if (edge != 0 && !halfSettled.remove(edge)) {
            halfSettled.add(edge);
        }
    }

    /** Says that there is data just below this edge. */
    private void closeAbove(long edge) {
        Run above = startingAt.remove(edge);
        if (above != null) {
            above.startOpen = false;
            if (above.endOpen) {
                endingAt.remove(above.end);
            }
            sendOrKeep(above);
        } else if (edge != diskEnd && !halfSettled.remove(edge)) {
            halfSettled.add(edge);
        }
    }

    /** Sends what can grow no more, or lies between multiples of the longest run; keeps the rest. */
    private void sendOrKeep(Run run) {
        long from = run.startOpen ? alignUp(run.start) : run.start;
        long to = run.endOpen ? run.end & -longest : run.end;
        if (from >= to) {
            keep(run);
            return;
        }
        send(from, to);
        if (run.startOpen) {
            keepOrSettle(run.start, from, run.start, true);
        }
        if (run.endOpen) {
            keepOrSettle(to, run.end, run.end, false);
        }
    }

    private void keepOrSettle(long start, long end, long edge, boolean startOpen) {
        if (start == end) {
            halfSettled.add(edge);
            return;
        }
        Run rest = new Run();
        rest.start = start;
        rest.end = end;
        rest.startOpen = startOpen;
        rest.endOpen = !startOpen;
        keep(rest);
    }

    private long alignUp(long offset) {
        long down = offset & -longest;
        if (down == offset) {
            return offset;
        }
        return down > Long.MAX_VALUE - longest ? Long.MAX_VALUE : down + longest;
    }

    private void keep(Run run) {
        if (run.startOpen) {
            startingAt.put(run.start, run);
        }
        if (run.endOpen) {
            endingAt.put(run.end, run);
        }
    }

    private void send(long start, long end) {
        for (long from = start; from < end; ) {
            long next = (from & -longest) + longest;
            long to = next < 0 ? end : Math.min(next, end);
            out.accept(from, to - from);
            from = to;
        }
    }
}
