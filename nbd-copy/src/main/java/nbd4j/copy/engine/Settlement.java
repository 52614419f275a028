// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointException.Side;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.endpoint.ZeroMode;
import nbd4j.copy.extent.ZeroRanges;
import nbd4j.copy.plan.Geometry;
import nbd4j.copy.plan.PiecePlan;
import nbd4j.copy.plan.WorkItem;
import nbd4j.model.BlockSizes;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;

/**
 * What one copy settles before it sends anything: whether the ends fit, the sizes, how many requests are in flight. The
 * copy itself is run by it, and whoever wants to know beforehand asks the same.
 *
 * <p>The reasons are found by asking again with one limit taken away: the limit that makes a difference is the reason.
 */
public final class Settlement {
    /** Requests in flight beyond this gain nothing and cost a thread and a buffer each. */
    private static final int MOST_WORKERS = 512;
    /** Buffers that there should be whatever suits the target: two for each of the usual four connections. */
    private static final int FEWEST_BUFFERS = 8;
    /** Block sizes that limit nothing. */
    private static final BlockSizes LOOSE = new BlockSizes(1, 512, 0xFFFF_FFFFL);

    private final Source source;
    private final Target target;
    private final EngineOptions options;
    private final BufferBudget memory;
    private final OptionalLong size;

    /**
     * Asks the ends.
     *
     * @param memory limits the buffers
     */
    public Settlement(Source source, Target target, EngineOptions options, BufferBudget memory) {
        this.source = source;
        this.target = target;
        this.options = options;
        this.memory = memory;
        this.size = source.size();
    }

    /**
     * Refuses ends that do not fit.
     *
     * @throws EndpointException if one cannot address the last bytes, or the target is too small
     */
    public void check() throws EndpointException {
        if (size.isEmpty()) {
            return;
        }
        try {
            Geometry.requireAddressable(
                    "source: " + source.name(),
                    size.getAsLong(),
                    source.blockSizes().minimum());
            Geometry.requireAddressable(
                    "target: " + target.name(),
                    size.getAsLong(),
                    target.blockSizes().minimum());
        } catch (IllegalArgumentException e) {
            throw new EndpointException(Side.SOURCE, String.valueOf(e.getMessage()), e);
        }
        long capacity = target.size().orElse(Long.MAX_VALUE);
        if (size.getAsLong() > capacity) {
            throw new EndpointException(
                    Side.TARGET,
                    "%s holds %d bytes, but the source has %d".formatted(target.name(), capacity, size.getAsLong()));
        }
    }

    /** Returns what the caller should know of ends that fit, each with the target's name in front. */
    public List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        OptionalLong capacity = target.size();
        if (size.isPresent() && capacity.isPresent() && size.getAsLong() < capacity.getAsLong()) {
            remarks.add("%s: is larger than the source; its last %d bytes stay as they are"
                    .formatted(target.name(), capacity.getAsLong() - size.getAsLong()));
        }
        if (options.flush() && !target.canFlush() && !target.sequential()) {
            remarks.add(
                    "%s: cannot flush; what was copied may not survive a crash of the server".formatted(target.name()));
        }
        return remarks;
    }

    /** Returns the sizes. */
    public Geometry geometry() {
        return geometry(source.blockSizes(), target.blockSizes(), memory.limit());
    }

    private Geometry geometry(BlockSizes reads, BlockSizes writes, long limit) {
        return geometry(reads, writes, limit, wishedRequest());
    }

    private Geometry geometry(BlockSizes reads, BlockSizes writes, long limit, int wished) {
        int sparse = target.forgets() ? 0 : options.sparse();
        return Geometry.of(reads, writes, wished, limit, sparse);
    }

    private int wishedRequest() {
        int wished = options.requestSize();
        return wished == 0 ? Math.max(EngineOptions.USUAL_REQUEST, bestWrite()) : wished;
    }

    /** Returns what suits the target, as far as the memory holds several of them: more than one at a time is worth more. */
    private int bestWrite() {
        int best = target.bestWrite(options.flush() && target.canFlush());
        return Math.toIntExact(Math.min(best, Long.highestOneBit(memory.limit() / FEWEST_BUFFERS)));
    }

    /** Returns the bytes of one request where the ends are not quick enough for those of {@link #geometry}. */
    public int usualRequest() {
        if (options.requestSize() != 0) {
            return requestSize();
        }
        Geometry chosen = geometry();
        Geometry usual =
                geometry(source.blockSizes(), target.blockSizes(), memory.limit(), EngineOptions.USUAL_REQUEST);
        return Math.max(usual.requestSize(), Math.max(chosen.zeroAlignment(), chosen.sparse()));
    }

    /** Returns the bytes of one request; of many less where the user has no wish and the ends are slow. */
    public int requestSize() {
        return geometry().requestSize();
    }

    /** Returns what every offset and length is a multiple of, in bytes. */
    public int minimumBlock() {
        return geometry().minimum();
    }

    /** Returns what the edges of zeroed ranges are multiples of, in bytes. */
    public int zeroAlignment() {
        return geometry().zeroAlignment();
    }

    /** Returns why the requests have the size they have. */
    public String whyRequestSize() {
        int chosen = geometry().requestSize();
        int wished = wishedRequest();
        if (chosen == wished) {
            boolean suits = options.requestSize() == 0 && wished == bestWrite();
            return (suits ? "as suits the target" : "as the options of the copy say") + "; no limit is lower";
        }
        BlockSizes reads = source.blockSizes();
        BlockSizes writes = target.blockSizes();
        List<String> reasons = new ArrayList<>();
        if (geometry(LOOSE, writes, memory.limit()).requestSize() != chosen) {
            reasons.add("the source's block sizes " + words(reads));
        }
        if (geometry(reads, LOOSE, memory.limit()).requestSize() != chosen) {
            reasons.add("the target's block sizes " + words(writes));
        }
        if (geometry(reads, writes, Long.MAX_VALUE).requestSize() != chosen) {
            reasons.add("the memory limit of %d bytes".formatted(memory.limit()));
        }
        return (reasons.isEmpty()
                        ? "the block sizes of both ends, %s and %s".formatted(words(reads), words(writes))
                        : String.join(" and ", reasons))
                + ", instead of %d".formatted(wished);
    }

    private static String words(BlockSizes sizes) {
        return sizes.minimum() + "/" + sizes.preferred() + "/" + sizes.maximumPayload();
    }

    /** Returns how many requests are in flight at most, reads and writes together. */
    public int workers() {
        return workers(bothParallel(), memory.limit(), size);
    }

    private long bothParallel() {
        return (long) source.maximumParallel() + target.maximumParallel();
    }

    private int workers(long both, long limit, OptionalLong disk) {
        int request = geometry().requestSize();
        long buffers = limit / request;
        long requests = disk.isPresent() ? Math.ceilDiv(disk.getAsLong(), request) : MOST_WORKERS;
        long wished = Math.min(Math.min(both, options.workers()), Math.min(buffers, requests));
        return Math.clamp(wished, 1, MOST_WORKERS);
    }

    /** Returns why there are as many requests in flight as there are. */
    public String whyWorkers() {
        int chosen = workers();
        if (chosen == options.workers()) {
            return "as the options of the copy say; no limit is lower";
        }
        List<String> reasons = new ArrayList<>();
        if (workers(bothParallel(), memory.limit(), OptionalLong.empty()) != chosen) {
            reasons.add("the disk has no more requests of this size");
        }
        if (workers(bothParallel(), Long.MAX_VALUE, size) != chosen) {
            reasons.add("the memory limit of %d bytes holds no more of them".formatted(memory.limit()));
        }
        if (workers(MOST_WORKERS, memory.limit(), size) != chosen) {
            reasons.add("the source takes %d and the target %d"
                    .formatted(source.maximumParallel(), target.maximumParallel()));
        }
        return (reasons.isEmpty() ? "several limits meet" : String.join(" and ", reasons))
                + ", instead of %d".formatted(options.workers());
    }

    /** Returns whether zeroes need not be written, because the target reads as zeroes. */
    public boolean skipsZeroes() {
        return options.targetIsZero() || (target.isZeroAlready() && options.zeroMode() == ZeroMode.MAY_PUNCH);
    }

    /** Returns whether the source is asked which ranges are zeroes. */
    public boolean asksForExtents() {
        return options.extents() && source.canExtents() && !source.sequential();
    }

    /**
     * Returns how many bytes of a range that reads as zeroes are not read; what lies at its edges may be.
     *
     * @param offset bytes
     * @param length bytes
     */
    public long notRead(long offset, long length) {
        Geometry chosen = geometry();
        // Reads end at multiples of the request size, which is no matter here; a small one only means more items.
        var counting = new Geometry(
                chosen.minimum(), Math.max(chosen.minimum(), chosen.zeroAlignment()), chosen.zeroAlignment(), 0);
        ZeroRanges.Builder range = new ZeroRanges.Builder(offset, length);
        range.add(List.of(new Extent(offset, length, MetaContext.STATE_ZERO)));
        var plan = new PiecePlan(counting, range.build(), size.orElse(Long.MAX_VALUE));
        long zeroes = 0;
        int request = counting.requestSize();
        for (WorkItem item = plan.next(request); item != null; item = plan.next(request)) {
            zeroes += item instanceof WorkItem.Zero ? item.length() : 0;
        }
        return zeroes;
    }

    /** Returns the message of {@link #check}, or nothing if the ends fit. */
    public Optional<String> conflict() {
        try {
            check();
            return Optional.empty();
        } catch (EndpointException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
