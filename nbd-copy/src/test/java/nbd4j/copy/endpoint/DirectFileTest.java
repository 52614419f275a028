// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Writes past the kernel's cache, on a file system that has them: in the folder of the build. */
final class DirectFileTest {
    private static final int PAGE = 4096;
    private static final int SIZE = 256 << 10;

    @TempDir(factory = BuildFolder.class)
    private Path folder;

    private Path file;
    private byte[] bytes;
    private ByteBuffer buffer;

    @BeforeEach
    void makeTheData() {
        file = folder.resolve("disk.img");
        bytes = new byte[SIZE];
        new Random(1).nextBytes(bytes);
        buffer = ByteBuffer.allocateDirect(SIZE + 2 * PAGE).alignedSlice(PAGE).limit(SIZE);
        buffer.put(bytes).flip();
    }

    private FileChannel ordinary(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private DirectFile direct(FileChannel ordinary) {
        return requireNonNull(DirectFile.open(file, ordinary), "no O_DIRECT in " + folder);
    }

    @Test
    void writesWholeGrainsAndLeavesTheRest() throws IOException {
        try (FileChannel ordinary = ordinary(file);
                DirectFile direct = direct(ordinary)) {
            int written = direct.write(buffer.limit(SIZE - 1), DirectFile.GRAIN);

            assertThat(written).isEqualTo(SIZE - DirectFile.GRAIN);
            assertThat(buffer.position()).isEqualTo(written);
            assertThat(buffer.limit()).isEqualTo(SIZE - 1);
        }
        byte[] found = Files.readAllBytes(file);
        assertThat(found).hasSize(SIZE);
        assertThat(Arrays.copyOfRange(found, DirectFile.GRAIN, SIZE))
                .isEqualTo(Arrays.copyOf(bytes, SIZE - DirectFile.GRAIN));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 65535", "512, 0, 131072", "4096, 0, 131072", "0, 16, 131072", "0, 0, 0"})
    void leavesToTheOtherWhatIsSmallOrNotAligned(long offset, int position, int limit) throws IOException {
        try (FileChannel ordinary = ordinary(file);
                DirectFile direct = direct(ordinary)) {
            assertThat(direct.write(buffer.limit(limit).position(position), offset))
                    .isZero();
            assertThat(buffer.position()).isEqualTo(position);
            assertThat(direct.write(ByteBuffer.wrap(bytes), 0)).isZero();
        }
        assertThat(file).isEmptyFile();
    }

    /** Somebody may put another file where the first one was between the two times that it is opened. */
    @Test
    void refusesAnotherFileOfTheSameName() throws IOException {
        try (FileChannel ordinary = ordinary(folder.resolve("first"))) {
            Files.createFile(file);

            assertThat(DirectFile.open(file, ordinary)).isNull();
        }
    }

    @Test
    void leavesToTheOtherWhatNeverWorkedAndFailsWhereItOnceDid() throws IOException {
        try (FileChannel ordinary = ordinary(file)) {
            DirectFile never = direct(ordinary);
            never.close();
            assertThat(never.write(buffer, 0)).isZero();
            assertThat(buffer.remaining()).isEqualTo(SIZE);

            DirectFile once = direct(ordinary);
            assertThat(once.write(buffer, 0)).isEqualTo(SIZE);
            once.close();
            assertThatThrownBy(() -> once.write(buffer.clear().limit(SIZE), 0))
                    .isInstanceOf(ClosedChannelException.class);
        }
    }

    @Test
    void theTargetOfACopyWritesAllOfItByBothWays() throws IOException {
        try (Target target = PartialFileTarget.create(file, false)) {
            target.expectFlush();
            target.begin(OptionalLong.of(SIZE - 7));
            target.write(0, buffer.limit(SIZE - 7));
            assertThat(buffer.hasRemaining()).isFalse();
            target.flush();
            target.finish(SIZE - 7);
        }
        assertThat(file).hasBinaryContent(Arrays.copyOf(bytes, SIZE - 7));
    }
}
