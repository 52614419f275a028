// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.testkit.MemorySource;
import nbd4j.copy.testkit.MemoryTarget;
import nbd4j.model.BlockSizes;
import nbd4j.model.NbdCommandException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ParallelCopierTest {
    private static final long EIO = 5;
    private static final long ENOSPC = 28;
    private static final int MIB = 1 << 20;
    private static final CopyOptions OPTIONS = CopyOptions.defaults().withRequestSize(4096);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 512, 513, 4095, 4096, 4097, 65_535, 65_537, 3 * MIB + 1})
    void copiesEverySize(int size) throws IOException {
        byte[] content = sparse(size, new Random(size));
        var target = new MemoryTarget(size);

        CopyReport report = new ParallelCopier(new MemorySource(content), target, OPTIONS).run();

        assertThat(target.durable()).isEqualTo(content);
        assertThat(report.size()).isEqualTo(size);
        assertThat(report.durable()).isTrue();
        assertThat(report.progress().finished()).isEqualTo(size);
        assertThat(target.finished()).isTrue();
    }

    @Test
    void neitherReadsNorWritesHoles() throws IOException {
        byte[] content = new byte[MIB];
        content[500_000] = 1;
        var source = new MemorySource(content);
        var target = new MemoryTarget(MIB);

        CopyReport report = new ParallelCopier(source, target, OPTIONS).run();

        assertThat(source.log()).containsExactly("extents 0 1048576", "read 499712 4096");
        assertThat(target.log())
                .containsExactlyInAnyOrder(
                        "zero 0 499712 MAY_PUNCH", "write 499712 4096", "zero 503808 544768 MAY_PUNCH", "flush")
                .endsWith("flush");
        assertThat(report.progress().read()).isEqualTo(4096);
        assertThat(report.progress().written()).isEqualTo(4096);
        assertThat(report.progress().zeroed()).isEqualTo(MIB - 4096);
    }

    @Test
    void allocatesZeroesWhereAsked() throws IOException {
        var target = new MemoryTarget(MIB);

        new ParallelCopier(new MemorySource(new byte[MIB]), target, OPTIONS.withAllocated(true)).run();

        assertThat(target.log()).containsExactly("zero 0 1048576 ALLOCATE", "flush");
    }

    @Test
    void sendsNoZeroWithoutExtentsAndSearch() throws IOException {
        var source = new MemorySource(new byte[65_536]);
        var target = new MemoryTarget(65_536);

        new ParallelCopier(source, target, OPTIONS.withExtents(false).withSparse(0)).run();

        assertThat(source.log()).hasSize(16).allMatch(call -> call.startsWith("read"));
        assertThat(target.log()).hasSize(17).endsWith("flush");
        assertThat(target.log().subList(0, 16)).allMatch(call -> call.startsWith("write"));
        assertThat(target.durable()).containsOnly(0);
    }

    @Test
    void joinsZeroesFoundInData() throws IOException {
        byte[] content = new byte[65_536];
        content[0] = 1;
        content[65_535] = 1;
        var target = new MemoryTarget(65_536);

        new ParallelCopier(new MemorySource(content), target, OPTIONS.withExtents(false)).run();

        assertThat(target.log())
                .containsExactlyInAnyOrder("write 0 4096", "write 61440 4096", "zero 4096 57344 MAY_PUNCH", "flush");
    }

    @Test
    void skipsZeroesOfAZeroTarget() throws IOException {
        byte[] content = new byte[65_536];
        content[0] = 1;
        var target = new MemoryTarget(65_536).filledWithZeroes();

        CopyReport report = new ParallelCopier(new MemorySource(content), target, OPTIONS).run();

        assertThat(target.log()).containsExactly("write 0 4096", "flush");
        assertThat(report.progress().skipped()).isEqualTo(61_440);
    }

    @Test
    void writesZeroesWhereTheTargetCannotMakeThem() throws IOException {
        byte[] content = sparse(5 * MIB + 7, new Random(1));
        var target = new MemoryTarget(content.length).withoutZero();

        CopyReport report = new ParallelCopier(new MemorySource(content), target, OPTIONS).run();

        assertThat(target.durable()).isEqualTo(content);
        assertThat(target.log().subList(0, target.log().size() - 1)).allMatch(call -> call.startsWith("write"));
        assertThat(report.progress().finished()).isEqualTo(content.length);
    }

    @Test
    void doesNotFlushWhereNotWanted() throws IOException {
        var target = new MemoryTarget(4096);

        CopyReport report =
                new ParallelCopier(new MemorySource(new byte[4096]), target, OPTIONS.withFlush(false)).run();

        assertThat(target.log()).doesNotContain("flush");
        assertThat(report.durable()).isFalse();
    }

    @Test
    void saysThatATargetWithoutFlushIsNotDurable() throws IOException {
        var target = new MemoryTarget(4096).withoutFlush();

        CopyReport report = new ParallelCopier(new MemorySource(new byte[4096]), target, OPTIONS).run();

        assertThat(report.durable()).isFalse();
        assertThat(report.progress().warnings()).isEqualTo(1);
    }

    @Test
    void takesAFailedFlushAsFinal() {
        AtomicInteger flushes = new AtomicInteger();
        var target = new MemoryTarget(4096).withScript((call, offset, length) -> {
            if (call.equals("flush")) {
                flushes.incrementAndGet();
                throw new NbdCommandException("flush", EIO, "", -1);
            }
        });

        assertThatThrownBy(() -> new ParallelCopier(new MemorySource(new byte[4096]), target, OPTIONS).run())
                .isInstanceOf(EndpointException.class)
                .hasMessage("target: flush failed: EIO (5)");
        assertThat(flushes).hasValue(1);
        assertThat(target.finished()).isFalse();
    }

    @Test
    void repeatsWhatFailedForAPassingReason() throws IOException {
        byte[] content = sparse(MIB, new Random(2));
        AtomicInteger failures = new AtomicInteger();
        var source = new MemorySource(content).withScript((call, offset, length) -> {
            if (call.equals("read") && failures.incrementAndGet() <= 3) {
                throw new NbdCommandException("read", EIO, "", -1);
            }
        });
        var target = new MemoryTarget(MIB);

        CopyReport report = new ParallelCopier(source, target, OPTIONS).run();

        assertThat(target.durable()).isEqualTo(content);
        assertThat(report.progress().retried()).isEqualTo(3);
    }

    @Test
    void givesUpWhenTheTimeForRepeatingIsOver() {
        var source = new MemorySource(new byte[] {1}).withScript((call, offset, length) -> {
            if (call.equals("read")) {
                throw new NbdCommandException("read of 1 byte at 0", EIO, "", -1);
            }
        });
        CopyOptions options = OPTIONS.withRetryFor(Duration.ofMillis(100));

        assertThatThrownBy(() -> new ParallelCopier(source, new MemoryTarget(1), options).run())
                .isInstanceOf(EndpointException.class)
                .hasMessage("source: read of 1 byte at 0 failed: EIO (5)");
        assertThat(source.log().size()).isGreaterThan(2);
    }

    @Test
    void doesNotRepeatWhatCannotSucceed() {
        AtomicInteger writes = new AtomicInteger();
        var target = new MemoryTarget(1).withScript((call, offset, length) -> {
            writes.incrementAndGet();
            throw new NbdCommandException(call, ENOSPC, "", -1);
        });

        assertThatThrownBy(() -> new ParallelCopier(new MemorySource(new byte[] {1}), target, OPTIONS).run())
                .isInstanceOf(EndpointException.class)
                .hasMessage("target: write failed: ENOSPC (28)");
        assertThat(writes).hasValue(1);
    }

    @Test
    void readsEverythingWhereBlockStatusFails() throws IOException {
        byte[] content = sparse(MIB, new Random(3));
        var source = new MemorySource(content).withScript((call, offset, length) -> {
            if (call.equals("extents")) {
                throw new NbdCommandException(call, EIO, "", -1);
            }
        });
        var target = new MemoryTarget(MIB);

        CopyReport report = new ParallelCopier(source, target, OPTIONS).run();

        assertThat(target.durable()).isEqualTo(content);
        assertThat(report.progress().read()).isEqualTo(MIB);
        assertThat(report.progress().warnings()).isEqualTo(1);
    }

    @Test
    void readsEverythingWhereBlockStatusIsNotAnswered() throws Exception {
        byte[] content = sparse(MIB, new Random(4));
        CountDownLatch never = new CountDownLatch(1);
        var source = new MemorySource(content).withScript((call, offset, length) -> {
            if (call.equals("extents")) {
                try {
                    never.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        });
        var target = new MemoryTarget(MIB);

        new ParallelCopier(source, target, OPTIONS).run();

        assertThat(never.getCount()).isEqualTo(1);
        assertThat(target.durable()).isEqualTo(content);
        never.countDown();
    }

    @Test
    void refusesATargetThatIsTooSmall() {
        var target = new MemoryTarget(10);

        assertThatThrownBy(() -> new ParallelCopier(new MemorySource(new byte[11]), target, OPTIONS).run())
                .hasMessage("target: memory target holds 10 bytes, but the source has 11");
        assertThat(target.log()).isEmpty();
    }

    @Test
    void leavesTheRestOfALargerTargetAlone() throws IOException {
        var target = new MemoryTarget(8192);

        CopyReport report = new ParallelCopier(new MemorySource(new byte[100]), target, OPTIONS).run();

        assertThat(target.durable()[99]).isZero();
        assertThat(target.durable()[100]).isEqualTo((byte) 0xff);
        assertThat(report.progress().warnings()).isEqualTo(1);
    }

    @Test
    void obeysTheBlockSizesOfBothEnds() throws IOException {
        byte[] content = sparse(8 * MIB, new Random(5));
        for (BlockSizes sizes : List.of(
                new BlockSizes(4096, 4096, 65_536),
                new BlockSizes(65_536, 65_536, 65_536),
                new BlockSizes(1, 1 << 20, 32 << 20),
                new BlockSizes(512, 512, 512 * 3))) {
            var target = new MemoryTarget(content.length).withSizes(sizes);
            new ParallelCopier(new MemorySource(content), target, OPTIONS).run();
            assertThat(target.durable()).as("target %s", sizes).isEqualTo(content);

            var plain = new MemoryTarget(content.length);
            new ParallelCopier(new MemorySource(content).withSizes(sizes), plain, OPTIONS).run();
            assertThat(plain.durable()).as("source %s", sizes).isEqualTo(content);
        }
    }

    @Test
    void copiesAgainWhatARestartedServerLost() throws IOException {
        byte[] content = sparse(MIB, new Random(6));
        AtomicInteger writes = new AtomicInteger();
        MemoryTarget[] self = new MemoryTarget[1];
        var target = new MemoryTarget(MIB).withScript((call, offset, length) -> {
            if (call.equals("write") && writes.incrementAndGet() == 20) {
                self[0].crash();
            }
        });
        self[0] = target;

        CopyReport report = new ParallelCopier(new MemorySource(content), target, OPTIONS).run();

        assertThat(target.durable()).isEqualTo(content);
        assertThat(report.progress().rounds()).isEqualTo(1);
        assertThat(report.progress().finished()).isEqualTo(MIB);
    }

    @Test
    void endsSoonWhenCancelled() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        var source = new MemorySource(new byte[MIB]).withoutExtents().withScript((call, offset, length) -> {
            reading.countDown();
            try {
                go.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        var target = new MemoryTarget(MIB);
        var copier = new ParallelCopier(source, target, OPTIONS);
        Thread canceller = Thread.startVirtualThread(() -> {
            try {
                reading.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            copier.cancel();
            go.countDown();
        });

        assertThatThrownBy(copier::run).isInstanceOf(CancellationException.class);
        canceller.join();
        assertThat(target.finished()).isFalse();
        assertThat(target.log()).doesNotContain("flush");
    }

    @Test
    void tellsTheListenerTheEnd() throws IOException {
        CopyProgress[] last = new CopyProgress[1];
        var target = new MemoryTarget(MIB);

        new ParallelCopier(new MemorySource(sparse(MIB, new Random(7))), target, OPTIONS)
                .run(progress -> last[0] = progress);

        assertThat(last[0].fraction()).isEqualTo(1.0);
    }

    @Test
    void neverCallsAWrongCopyGood() {
        for (int seed = 0; seed < 300; seed++) {
            simulate(new Random(seed), "seed " + seed);
        }
    }

    /** A whole copy with random geometry and faults: success means that what would survive a crash is identical. */
    private static void simulate(Random random, String seed) {
        byte[] content = sparse(random.nextInt(300_000), random);
        int faults = random.nextInt(4);
        AtomicInteger calls = new AtomicInteger();
        int every = 1 + random.nextInt(60);
        long error = random.nextInt(6) == 0 ? ENOSPC : EIO;
        MemoryTarget[] self = new MemoryTarget[1];
        var target = new MemoryTarget(content.length + (random.nextInt(3) == 0 ? 100 : 0))
                .withScript((call, offset, length) -> {
                    if (calls.incrementAndGet() % every == 0 && calls.get() / every <= faults) {
                        if (call.equals("write") && error == EIO) {
                            self[0].crash();
                        }
                        throw new NbdCommandException(call, error, "", -1);
                    }
                });
        self[0] = target;
        if (random.nextInt(4) == 0) {
            target.withoutZero();
        }
        var source = new MemorySource(content).withParallel(1 + random.nextInt(8));
        CopyOptions options = CopyOptions.defaults()
                .withRequestSize(4096 << random.nextInt(4))
                .withSparse(random.nextBoolean() ? 512 : 0)
                .withExtents(random.nextBoolean())
                .withMaximumMemory(4096L << random.nextInt(6))
                .withRetryFor(Duration.ofSeconds(1));
        byte[] expected = new byte[target.durable().length];
        java.util.Arrays.fill(expected, (byte) 0xff);
        System.arraycopy(content, 0, expected, 0, content.length);
        try {
            CopyReport report = new ParallelCopier(source, target, options).run();
            assertThat(target.durable()).as(seed).isEqualTo(expected);
            assertThat(report.progress().finished()).as(seed).isEqualTo(content.length);
        } catch (IOException e) {
            assertThat(target.finished()).as("%s: %s", seed, e).isFalse();
            assertThat(faults).as("%s: failed without a fault: %s", seed, e).isPositive();
        }
    }

    private static byte[] sparse(int size, Random random) {
        byte[] content = new byte[size];
        for (int at = 0; at < size; ) {
            int length = Math.min(size - at, 1 + (int) Math.exp(random.nextDouble() * 11));
            if (random.nextInt(3) > 0) {
                for (int index = at; index < at + length; index++) {
                    content[index] = (byte) (1 + random.nextInt(255));
                }
            }
            at += length;
        }
        return content;
    }
}
