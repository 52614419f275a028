// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StorageTest {
    private static final int SIZE = (1 << 20) + 513;

    @TempDir
    private static Path folder;

    static Stream<Storage> storages() throws IOException {
        var existing = folder.resolve("existing");
        Files.write(existing, new byte[SIZE]);
        return Stream.of(
                MemoryStorage.of(SIZE),
                FileStorage.create(folder.resolve("created"), SIZE),
                FileStorage.open(existing),
                WriteBackCache.over(MemoryStorage.of(SIZE)));
    }

    @ParameterizedTest
    @MethodSource("storages")
    void keepsWhatIsWrittenAndNeverCallsDataZero(Storage storage) throws IOException {
        long seed = 42;
        var random = new Random(seed);
        var expected = new byte[SIZE];
        try (storage) {
            for (int round = 0; round < 400; round++) {
                int offset = random.nextInt(SIZE);
                int length = 1 + random.nextInt(Math.min(SIZE - offset, 200_000));
                change(storage, expected, random, offset, length);
                checkExtents(storage, expected);
            }
            var found = ByteBuffer.allocate(SIZE);
            storage.read(0, found);
            assertThat(found.array()).as("seed %d", seed).isEqualTo(expected);
        }
    }

    private static void change(Storage storage, byte[] expected, Random random, int offset, int length)
            throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> {
                storage.zero(offset, length, ZeroMode.MAY_PUNCH);
                Arrays.fill(expected, offset, offset + length, (byte) 0);
            }
            case 1 -> {
                storage.zero(offset, length, ZeroMode.KEEP_ALLOCATED);
                Arrays.fill(expected, offset, offset + length, (byte) 0);
            }
            case 2 -> storage.flush(offset, length);
            default -> {
                var bytes = new byte[length];
                random.nextBytes(bytes);
                storage.write(offset, ByteBuffer.wrap(bytes));
                System.arraycopy(bytes, 0, expected, offset, length);
            }
        }
    }

    private static void checkExtents(Storage storage, byte[] expected) throws IOException {
        for (long at = 0; at < SIZE; ) {
            var extent = storage.extentAt(at, SIZE - at);
            assertThat(extent.length()).isBetween(1L, SIZE - at);
            if ((extent.flags() & Extent.ZERO) != 0) {
                int end = (int) (at + extent.length());
                int length = (int) extent.length();
                assertThat(Arrays.mismatch(expected, (int) at, end, new byte[length], 0, length))
                        .as("first byte that is not zero after %d", at)
                        .isNegative();
            }
            at += extent.length();
        }
    }

    @Test
    void memoryOfAnySizeCostsNothingUntilWritten() throws IOException {
        var memory = MemoryStorage.of(Long.MAX_VALUE);
        assertThat(memory.extentAt(0, Long.MAX_VALUE)).isEqualTo(Extent.hole(Long.MAX_VALUE));

        memory.write(Long.MAX_VALUE - 2, ByteBuffer.wrap(new byte[] {1, 2}));

        assertThat(memory.allocatedBytes()).isEqualTo(64 << 10);
        assertThat(memory.extentAt(0, Long.MAX_VALUE)).isEqualTo(Extent.hole(Long.MAX_VALUE - 4095));
        assertThat(memory.extentAt(Long.MAX_VALUE - 4095, 4095)).isEqualTo(Extent.data(4095));
        memory.trim(0, Long.MAX_VALUE);
        assertThat(memory.allocatedBytes()).isZero();
    }

    @Test
    void memoryIsFullAtItsLimit() throws IOException {
        var memory = MemoryStorage.limited(1 << 20, 128 << 10);
        memory.write(0, ByteBuffer.allocate(128 << 10));

        assertThatThrownBy(() -> memory.write(128 << 10, ByteBuffer.allocate(1)))
                .isInstanceOfSatisfying(
                        StorageException.class, full -> assertThat(full.error()).isEqualTo(ErrorCode.ENOSPC));
        memory.trim(0, 64 << 10);
        memory.write(128 << 10, ByteBuffer.allocate(1));
    }

    @Test
    void aFileJustMadeIsZeroAndZeroingItIsFast() throws IOException {
        try (var file = FileStorage.create(folder.resolve("sparse"), 1L << 40)) {
            assertThat(file.extentAt(0, 1L << 40)).isEqualTo(Extent.zero(1L << 40));
            assertThat(file.zeroesFast(0, 1L << 40)).isTrue();
            file.write(1 << 20, ByteBuffer.wrap(new byte[] {1}));
            assertThat(file.zeroesFast(1 << 20, 1)).isFalse();
            assertThat(file.extentAt(0, 1L << 40)).isEqualTo(Extent.zero(1 << 20));
        }
    }

    @Test
    void aFileThatWasThereIsReadToFindItsZeroes() throws IOException {
        var path = folder.resolve("found");
        var content = new byte[256 << 10];
        content[128 << 10] = 1;
        Files.write(path, content);
        try (var file = FileStorage.openReadOnly(path)) {
            assertThat(file.knownExtentAt(0, 256 << 10)).isEqualTo(Extent.data(256 << 10));
            assertThat(file.extentAt(0, 256 << 10)).isEqualTo(Extent.zero(128 << 10));
            assertThat(file.extentAt(128 << 10, 128 << 10)).isEqualTo(Extent.data(64 << 10));
            assertThat(file.knownExtentAt(0, 256 << 10)).isEqualTo(Extent.zero(128 << 10));
        }
    }

    @Test
    void aCrashLosesWhatWasNotFlushed() throws IOException {
        var disk = MemoryStorage.of(1 << 20);
        var cache = WriteBackCache.over(disk);
        cache.write(0, ByteBuffer.wrap(new byte[] {1}));
        cache.write(8192, ByteBuffer.wrap(new byte[] {2}));
        cache.flush(0, 1);
        cache.crash();
        assertThat(byteAt(cache, 0)).isEqualTo(1);
        assertThat(byteAt(cache, 8192)).isZero();

        cache.write(8192, ByteBuffer.wrap(new byte[] {3}));
        assertThat(cache.isDirty()).isTrue();
        cache.flush();
        assertThat(cache.isDirty()).isFalse();
        cache.crash();
        assertThat(byteAt(disk, 8192)).isEqualTo(3);
    }

    private static int byteAt(Storage storage, long offset) throws IOException {
        var one = ByteBuffer.allocate(1);
        storage.read(offset, one);
        return one.get(0);
    }

    @Test
    void aPatternTellsWhereEveryByteIs() {
        var found = ByteBuffer.allocate(20);
        PatternStorage.of(1L << 40).read(0x10203040506L - 1, found);
        assertThat(found.array()).containsExactly(4, 5, 0, 0, 0, 1, 2, 3, 4, 5, 8, 0, 0, 1, 2, 3, 4, 5, 16, 0);
    }
}
