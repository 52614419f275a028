// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZeroCollectorTest {
    private static final long LONGEST = 1 << 20;

    private final List<String> sent = new ArrayList<>();

    private ZeroCollector collector(long diskEnd) {
        return new ZeroCollector(diskEnd, LONGEST, (offset, length) -> sent.add(offset + "+" + length));
    }

    @Test
    void joinsNeighboursInAnyOrder() {
        var collector = collector(400);

        collector.settleZero(200, 300);
        collector.settleData(300, 350, 400, 400);
        collector.settleData(0, 0, 50, 100);
        assertThat(sent).isEmpty();
        collector.settleZero(100, 200);

        assertThat(sent).containsExactly("50+300");
    }

    @Test
    void waitsForTheNeighbourOnly() {
        var collector = collector(400);

        collector.settleZero(100, 200);
        collector.settleData(200, 200, 300, 300);
        assertThat(sent).isEmpty();
        collector.settleData(0, 0, 100, 100);

        assertThat(sent).containsExactly("100+100");
    }

    @Test
    void sendsAtOnceWhatIsLongEnough() {
        var collector = collector(10 * LONGEST);

        collector.settleZero(LONGEST, 2 * LONGEST + 5);

        assertThat(sent).containsExactly(LONGEST + "+" + LONGEST);
        collector.settleData(2 * LONGEST + 5, 2 * LONGEST + 5, 3 * LONGEST, 3 * LONGEST);
        assertThat(sent).containsExactly(LONGEST + "+" + LONGEST, 2 * LONGEST + "+5");
    }

    @Test
    void sendsTheRestAtTheEnd() {
        var collector = collector(Long.MAX_VALUE);

        collector.settleZero(0, 100);
        collector.settleZero(100, 200);
        collector.finish();

        assertThat(sent).containsExactly("0+200");
    }

    @Test
    void sendsEveryZeroOnceAndJoinsAllThatTouch() {
        for (int seed = 0; seed < 2000; seed++) {
            checkRandomDisk(new Random(seed), "seed " + seed);
        }
    }

    private static void checkRandomDisk(Random random, String seed) {
        int items = 1 + random.nextInt(40);
        int length = 16;
        long longest = 64;
        int size = items * length;
        BitSet wanted = new BitSet(size);
        List<long[]> work = new ArrayList<>();
        for (int item = 0; item < items; item++) {
            long start = (long) item * length;
            long end = start + length;
            long leading = start;
            long trailing = end;
            int kind = random.nextInt(3);
            if (kind == 0) {
                leading = end;
            } else if (kind == 1) {
                leading = start + random.nextInt(6);
                trailing = end - random.nextInt(6);
            }
            wanted.set((int) start, (int) leading);
            wanted.set((int) trailing, (int) end);
            work.add(new long[] {start, leading, trailing, end});
        }
        Collections.shuffle(work, random);
        BitSet got = new BitSet(size);
        List<long[]> runs = new ArrayList<>();
        var collector = new ZeroCollector(size, longest, (offset, count) -> {
            assertThat(got.get(Math.toIntExact(offset), Math.toIntExact(offset + count))
                            .isEmpty())
                    .as("%s: %d+%d sent once", seed, offset, count)
                    .isTrue();
            assertThat(count).as(seed).isBetween(1L, longest);
            got.set(Math.toIntExact(offset), Math.toIntExact(offset + count));
            runs.add(new long[] {offset, offset + count});
        });
        for (long[] item : work) {
            if (item[1] == item[3]) {
                collector.settleZero(item[0], item[3]);
            } else {
                collector.settleData(item[0], item[1], item[2], item[3]);
            }
        }

        assertThat(got).as("%s: before the end", seed).isEqualTo(wanted);
        collector.finish();
        assertThat(got).as("%s: after the end", seed).isEqualTo(wanted);
        for (long[] run : runs) {
            boolean joined = run[1] == size || !wanted.get((int) run[1]) || run[1] % longest == 0;
            assertThat(joined)
                    .as("%s: run ending at %d is as long as it can be", seed, run[1])
                    .isTrue();
        }
    }
}
