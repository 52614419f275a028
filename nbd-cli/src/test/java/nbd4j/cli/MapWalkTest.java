// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.NbdDisconnectedException;
import org.junit.jupiter.api.Test;

final class MapWalkTest {
    private static final MapLimits LIMITS = new MapLimits(1000, Duration.ofMinutes(1));
    private static final long GIB = 1L << 30;

    private final List<MapRow> rows = new ArrayList<>();
    private final ConcurrentSkipListMap<Long, Long> asked = new ConcurrentSkipListMap<>();
    private final AtomicLong nanos = new AtomicLong();
    private boolean ended;

    @Test
    void asksAServerThatDescribesItAllOnlyOnce() throws Exception {
        walk((offset, length) -> List.of(List.of(new BlockDescriptor(length, 3))), 1, Long.MAX_VALUE - 511, 8L << 40);

        assertThat(rows).containsExactly(row(0, 8L << 40, 3));
        assertThat(asked).hasSize(1);
        assertThat(ended).isTrue();
    }

    @Test
    void joinsNeighboursAcrossAnswers() throws Exception {
        walk(
                (offset, length) -> List.of(List.of(new BlockDescriptor(length, offset < 40 * GIB ? 0 : 3))),
                1,
                GIB,
                64 * GIB);

        assertThat(rows).containsExactly(row(0, 40 * GIB, 0), row(40 * GIB, 24 * GIB, 3));
        assertThat(asked).hasSize(64);
    }

    @Test
    void clipsAnExtentThatIsLongerThanAskedFor() throws Exception {
        walk((offset, length) -> List.of(List.of(new BlockDescriptor(Long.MAX_VALUE / 2, 0))), 1, GIB, 3 * GIB);

        assertThat(rows).containsExactly(row(0, 3 * GIB, 0));
    }

    @Test
    void goesOnWhereAnAnswerWasShort() throws Exception {
        walk((offset, length) -> List.of(List.of(new BlockDescriptor(512, offset / 512 % 2))), 1, GIB, 512 * 100);

        assertThat(rows).hasSize(100);
        assertThat(rows.get(99)).isEqualTo(row(512 * 99, 512, 1));
    }

    @Test
    void doesNotAskForLessAndLessOfAServerThatCutsAtRandom() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        walk(
                (offset, length) ->
                        List.of(List.of(new BlockDescriptor(1 + random.nextLong(length), random.nextInt(2)))),
                1,
                new MapLimits(Long.MAX_VALUE, Duration.ofMinutes(1)),
                1,
                GIB,
                GIB);

        // A random cut leaves half of a range, so a range of 1 MiB takes some 15 requests until a byte is left.
        assertThat(asked.size()).as("seed %d", seed).isLessThan(40 * 1024);
    }

    @Test
    void hasSeveralQuestionsInFlightOnceAnswersAreSmall() throws Exception {
        var together = new CountDownLatch(8);
        walk(
                (offset, length) -> {
                    if (offset >= 15 * GIB) {
                        together.countDown();
                        await(together);
                    }
                    return List.of(List.of(new BlockDescriptor(length, 0)));
                },
                1,
                GIB,
                64 * GIB);

        assertThat(rows).containsExactly(row(0, 64 * GIB, 0));
    }

    @Test
    void cutsSeveralContextsAtAllTheirBorders() throws Exception {
        walk(
                (offset, length) -> List.of(
                        List.of(new BlockDescriptor(100, 0), new BlockDescriptor(900, 3)),
                        List.of(new BlockDescriptor(600, 1), new BlockDescriptor(100_000, 0))),
                2,
                GIB,
                1000);

        assertThat(rows).containsExactly(row(0, 100, 0, 1), row(100, 500, 3, 1), row(600, 400, 3, 0));
    }

    @Test
    void coversTheDiskExactlyOnceWhateverTheServerCuts() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        long size = (1L << 34) + 512;
        walk(
                (offset, length) -> {
                    long first = 1 + random.nextLong(length);
                    return List.of(
                            List.of(new BlockDescriptor(first, random.nextInt(2))),
                            List.of(new BlockDescriptor(1 + random.nextLong(2 * length), random.nextInt(2))));
                },
                2,
                new MapLimits(Long.MAX_VALUE, Duration.ofMinutes(1)),
                1,
                size / 64,
                size);

        long position = 0;
        for (MapRow row : rows) {
            assertThat(row.offset()).as("seed %d", seed).isEqualTo(position);
            position = row.end();
        }
        assertThat(position).as("seed %d", seed).isEqualTo(size);
    }

    @Test
    void givesUpOnAServerThatDoesNotProgress() {
        assertThatThrownBy(() -> walk((offset, length) -> List.of(List.of()), 1, GIB, GIB))
                .isInstanceOf(IOException.class)
                .hasMessage("the server did not return any extents at offset 0");
        assertThat(ended).isFalse();
    }

    @Test
    void givesUpWhenAContextIsMissing() {
        assertThatThrownBy(() -> walk((offset, length) -> List.of(List.of(new BlockDescriptor(1, 0))), 2, GIB, GIB))
                .hasMessage("the server answered for 1 of 2 contexts at offset 0");
    }

    @Test
    void givesUpOnMoreRowsThanAnybodyReads() {
        assertThatThrownBy(() -> walk(MapWalkTest::byteByByte, 1, Long.MAX_VALUE, Long.MAX_VALUE))
                .hasMessage("the map has more than 1000 extents by offset 1000; narrow it with --range,"
                        + " add it up with --totals or allow more with --max-extents");
    }

    @Test
    void givesUpWhenItTakesTooLong() {
        StatusSource slow = (offset, length) -> {
            nanos.addAndGet(1_000_000_000);
            return List.of(List.of(new BlockDescriptor(1, 0)));
        };
        assertThatThrownBy(() -> walk(slow, 1, Long.MAX_VALUE, Long.MAX_VALUE))
                .hasMessageStartingWith("the map is not complete after 1m ")
                .hasMessageContaining(" of 9223372036854775807; narrow it with --range or allow more with --max-time");
    }

    @Test
    void abortsARequestWhoseReplyDoesNotEndInTime() {
        var aborted = new CountDownLatch(1);
        StatusSource endless = (offset, length) -> {
            await(aborted);
            throw new NbdDisconnectedException("aborted");
        };
        var limits = new MapLimits(1000, Duration.ofMillis(10));
        var walk = new MapWalk(endless, aborted::countDown, 1, 512, GIB, limits, nanos::get, offset -> {});

        assertThatThrownBy(() -> walk.run(0, GIB, sink()))
                .hasMessageStartingWith("the map is not complete after ")
                .hasMessageContaining(": 0 extents up to offset 0 of 1073741824; narrow it with --range");
        assertThat(aborted.getCount()).isZero();
        assertThat(ended).isFalse();
    }

    @Test
    void hasNoRowsForAnEmptyDisk() throws Exception {
        walk(MapWalkTest::byteByByte, 1, GIB, 0);

        assertThat(rows).isEmpty();
        assertThat(asked).isEmpty();
        assertThat(ended).isTrue();
    }

    @Test
    void handsOnTheServersError() {
        assertThatThrownBy(() -> walk(
                        (offset, length) -> {
                            throw new NbdDisconnectedException("gone");
                        },
                        1,
                        GIB,
                        GIB))
                .isInstanceOf(NbdDisconnectedException.class)
                .hasMessage("gone");
    }

    private static List<List<BlockDescriptor>> byteByByte(long offset, long length) {
        return List.of(List.of(new BlockDescriptor(1, offset % 2)));
    }

    private void walk(StatusSource source, int contexts, long maximumLength, long size) throws IOException {
        walk(source, contexts, LIMITS, 512, maximumLength, size);
    }

    private void walk(
            StatusSource source, int contexts, MapLimits limits, long alignment, long maximumLength, long size)
            throws IOException {
        StatusSource recording = (offset, length) -> {
            asked.merge(offset, length, (one, other) -> one);
            return source.status(offset, length);
        };
        new MapWalk(recording, () -> {}, contexts, alignment, maximumLength, limits, nanos::get, offset -> {})
                .run(0, size, sink());
    }

    private MapSink sink() {
        return new MapSink() {
            @Override
            public void row(MapRow row) {
                rows.add(row);
            }

            @Override
            public void end() {
                ended = true;
            }
        };
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static MapRow row(long offset, long length, long... types) {
        return new MapRow(offset, length, Arrays.stream(types).boxed().toList());
    }
}
