// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nbd4j.model.Extent;
import org.junit.jupiter.api.Test;

/** What every source that can be read anywhere keeps. */
interface SourceContract {
    int SIZE = 200_000;

    /** Opens a source of {@link #content}. */
    Source open() throws Exception;

    /** Returns {@link #SIZE} bytes: data, then zeroes, then data. */
    static byte[] content() {
        byte[] content = new byte[SIZE];
        for (int index = 0; index < SIZE; index++) {
            content[index] = index < 70_000 || index >= 150_000 ? (byte) (index % 251 + 1) : 0;
        }
        return content;
    }

    @Test
    default void answersItsQuestions() throws Exception {
        try (Source source = open()) {
            assertThat(source.name()).isNotEmpty();
            assertThat(source.size()).hasValue(SIZE);
            assertThat(source.sequential()).isFalse();
            assertThat(source.maximumParallel()).isPositive();
            assertThat(source.maximumExtents()).isGreaterThanOrEqualTo(32 << 20);
        }
    }

    @Test
    default void fillsBuffersFromWhereItIsAsked() throws Exception {
        byte[] content = content();
        try (Source source = open()) {
            for (ByteBuffer into : List.of(ByteBuffer.allocate(5000), ByteBuffer.allocateDirect(5000))) {
                into.position(10).limit(4106);
                source.read(69_632, into);
                assertThat(into.position()).isEqualTo(4106);
                for (int index = 0; index < 4096; index++) {
                    assertThat(into.get(10 + index)).isEqualTo(content[69_632 + index]);
                }
            }
        }
    }

    @Test
    default void readsTheLastByte() throws Exception {
        try (Source source = open()) {
            ByteBuffer into = ByteBuffer.allocate(1);
            source.read(SIZE - 1, into);
            assertThat(into.get(0)).isEqualTo(content()[SIZE - 1]);
        }
    }

    @Test
    default void saysZeroOnlyWhereItReadsAsZero() throws Exception {
        byte[] content = content();
        try (Source source = open()) {
            List<Extent> extents = source.extents(0, SIZE);
            assertThat(extents).isNotEmpty();
            long at = 0;
            for (Extent extent : extents) {
                assertThat(extent.offset()).isEqualTo(at);
                at = extent.end();
                for (long index = extent.offset(); extent.zero() && index < Math.min(SIZE, at); index++) {
                    assertThat(content[(int) index]).isZero();
                }
            }
        }
    }

    @Test
    default void isReadByManyThreads() throws Exception {
        byte[] content = content();
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (Source source = open()) {
            CountDownLatch done = new CountDownLatch(16);
            for (int thread = 0; thread < 16; thread++) {
                long offset = thread * 12_288L;
                Thread.startVirtualThread(() -> {
                    try {
                        ByteBuffer into = ByteBuffer.allocateDirect(12_288);
                        source.read(offset, into);
                        ByteBuffer wanted = ByteBuffer.wrap(content, (int) offset, 12_288);
                        assertThat(into.flip()).isEqualTo(wanted);
                    } catch (Throwable e) {
                        failures.add(e);
                    } finally {
                        done.countDown();
                    }
                });
            }
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(failures).isEmpty();
    }

    @Test
    default void isClosedTwice() throws Exception {
        Source source = open();
        source.close();
        source.close();
    }
}
