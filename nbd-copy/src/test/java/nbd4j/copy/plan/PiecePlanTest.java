// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import nbd4j.copy.extent.ZeroRanges;
import nbd4j.model.BlockSizes;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import org.junit.jupiter.api.Test;

class PiecePlanTest {
    private static final Geometry SMALL = new Geometry(1, 1024, 512, 512);

    @Test
    void cutsDataAtMultiplesOfTheRequest() {
        assertThat(plan(SMALL, ZeroRanges.none(0, 2500), 2500))
                .containsExactly(copy(0, 1024), copy(1024, 1024), copy(2048, 452));
    }

    @Test
    void cutsDataAtMultiplesOfTheLengthThatReadsMayHave() {
        var plan = new PiecePlan(SMALL, zeroes(0, 8192, 5120, 6144), 8192);

        assertThat(plan.next(512)).isEqualTo(copy(0, 512));
        assertThat(plan.next(1024)).isEqualTo(copy(512, 512));
        assertThat(plan.next(2048)).isEqualTo(copy(1024, 1024));
        assertThat(plan.next(2048)).isEqualTo(copy(2048, 2048));
        assertThat(plan.next(2048)).isEqualTo(copy(4096, 1024));
        assertThat(plan.next(2048)).isEqualTo(zero(5120, 1024));
        assertThat(plan.next(2048)).isEqualTo(copy(6144, 2048));
        assertThat(plan.next(2048)).isNull();
    }

    @Test
    void plansNothingForNothing() {
        assertThat(plan(SMALL, ZeroRanges.none(0, 0), 0)).isEmpty();
    }

    @Test
    void keepsLongZeroesWhole() {
        assertThat(plan(SMALL, zeroes(0, 1L << 40, 512, (1L << 40) - 512), 1L << 40))
                .containsExactly(copy(0, 512), zero(512, (1L << 40) - 1024), copy((1L << 40) - 512, 512));
    }

    @Test
    void drawsTheEdgesOfZeroesInward() {
        assertThat(plan(SMALL, zeroes(0, 4096, 100, 2000), 4096))
                .containsExactly(copy(0, 512), zero(512, 1024), copy(1536, 512), copy(2048, 1024), copy(3072, 1024));
    }

    @Test
    void readsZeroesThatHoldNoWholeBlock() {
        assertThat(plan(SMALL, zeroes(0, 2048, 100, 600, 1000, 1500), 2048))
                .containsExactly(copy(0, 1024), copy(1024, 1024));
    }

    @Test
    void takesTheEndOfTheDiskAsAligned() {
        assertThat(plan(SMALL, zeroes(0, 1300, 512, 1300), 1300)).containsExactly(copy(0, 512), zero(512, 788));
    }

    @Test
    void coversTheLastBytesOfTheLargestDisk() {
        long end = Long.MAX_VALUE;
        long start = end & -1024;

        assertThat(plan(SMALL, ZeroRanges.none(start - 1024, end - start + 1024), end))
                .containsExactly(copy(start - 1024, 1024), copy(start, end - start));
    }

    @Test
    void coversAnyPieceOnceAndAligned() {
        for (int seed = 0; seed < 3000; seed++) {
            checkRandomPlan(new Random(seed), "seed " + seed);
        }
    }

    private static void checkRandomPlan(Random random, String seed) {
        Geometry geometry = randomGeometry(random);
        long minimum = geometry.minimum();
        boolean huge = random.nextInt(4) == 0;
        long tail = minimum == 1 ? random.nextInt(5000) : 0;
        long diskEnd = (huge ? Long.MAX_VALUE - (1L << 40) : 0) + minimum * random.nextInt(1 << 14) + tail;
        diskEnd -= minimum == 1 ? 0 : diskEnd % minimum;
        long start = huge ? (diskEnd - (1L << 24)) & -(1L << 20) : 0;
        var builder = new ZeroRanges.Builder(start, diskEnd - start);
        for (long at = start; at < diskEnd; ) {
            long length = Math.min(diskEnd - at, 1 + (long) (Math.exp(random.nextDouble() * 14) * 4));
            boolean zero = random.nextBoolean();
            builder.add(List.of(new Extent(at, length, zero ? MetaContext.STATE_ZERO : 0)));
            at += length;
        }
        ZeroRanges ranges = builder.build();

        long position = start;
        for (WorkItem item : plan(geometry, ranges, diskEnd)) {
            assertThat(item.offset()).as("%s: no gap and no overlap", seed).isEqualTo(position);
            assertThat(item.offset() % minimum).as("%s: %s aligned", seed, item).isZero();
            assertThat(item.end() == diskEnd || item.end() % minimum == 0)
                    .as("%s: %s ends aligned", seed, item)
                    .isTrue();
            switch (item) {
                case WorkItem.Copy copy ->
                    assertThat(copy.length()).as(seed).isBetween(1L, (long) geometry.requestSize());
                case WorkItem.Zero zero ->
                    assertThat(isZero(ranges, zero))
                            .as("%s: %s is zero", seed, zero)
                            .isTrue();
            }
            position = item.end();
        }
        assertThat(position).as("%s: all covered", seed).isEqualTo(diskEnd);
    }

    private static boolean isZero(ZeroRanges ranges, WorkItem.Zero zero) {
        for (int index = 0; index < ranges.count(); index++) {
            if (ranges.start(index) <= zero.offset() && zero.end() <= ranges.end(index)) {
                return true;
            }
        }
        return false;
    }

    private static Geometry randomGeometry(Random random) {
        return Geometry.of(randomSizes(random), randomSizes(random), 1 << (12 + random.nextInt(9)), 1L << 22, 4096);
    }

    private static BlockSizes randomSizes(Random random) {
        int minimum = 1 << random.nextInt(14);
        long preferred = Math.max(512, (long) minimum << random.nextInt(6));
        return new BlockSizes(minimum, preferred, preferred * (1 + random.nextInt(40)));
    }

    private static List<WorkItem> plan(Geometry geometry, ZeroRanges ranges, long diskEnd) {
        var plan = new PiecePlan(geometry, ranges, diskEnd);
        List<WorkItem> items = new ArrayList<>();
        int request = geometry.requestSize();
        for (WorkItem item = plan.next(request); item != null; item = plan.next(request)) {
            items.add(item);
        }
        return items;
    }

    private static ZeroRanges zeroes(long offset, long length, long... edges) {
        var builder = new ZeroRanges.Builder(offset, length);
        long at = offset;
        for (int index = 0; index < edges.length; index += 2) {
            if (edges[index] > at) {
                builder.add(List.of(new Extent(at, edges[index] - at, 0)));
            }
            builder.add(List.of(new Extent(edges[index], edges[index + 1] - edges[index], MetaContext.STATE_ZERO)));
            at = edges[index + 1];
        }
        return builder.build();
    }

    private static WorkItem copy(long offset, long length) {
        return new WorkItem.Copy(offset, length);
    }

    private static WorkItem zero(long offset, long length) {
        return new WorkItem.Zero(offset, length);
    }
}
