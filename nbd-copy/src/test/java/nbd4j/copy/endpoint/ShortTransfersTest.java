// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.Random;
import nbd4j.copy.CopyOptions;
import nbd4j.copy.ParallelCopier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and streams of which reads and writes do only a part. */
@Timeout(60)
final class ShortTransfersTest {
    private static final int SIZE = (3 << 20) + 17;

    @TempDir
    private Path folder;

    private ShortChannel open(Path file, long seed, StandardOpenOption... options) throws IOException {
        return new ShortChannel(FileChannel.open(file, options), seed);
    }

    private Path disk() throws IOException {
        byte[] bytes = new byte[SIZE];
        new Random(1).nextBytes(bytes);
        return Files.write(folder.resolve("disk"), bytes);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void copiesFilesInWhateverPartsTheyAreReadAndWritten(long seed) throws IOException {
        Path from = disk();
        Path to = folder.resolve("copy");
        ShortChannel reads = open(from, seed, StandardOpenOption.READ);
        ShortChannel writes = open(to, ~seed, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        try (Source source = new FileSource(from, reads, SIZE);
                Target target = new FileTarget(to, writes, OptionalLong.empty(), true)) {
            // With a flush, all would go past the channel that does less than asked.
            new ParallelCopier(source, target, CopyOptions.defaults().withFlush(false)).run();
        }
        assertThat(reads.parts()).as("the fault fired").isPositive();
        assertThat(writes.parts()).as("the fault fired").isPositive();
        assertThat(Files.mismatch(from, to)).isEqualTo(-1);
    }

    @Test
    void copiesStreamsInWhateverPartsTheyAreReadAndWritten() throws IOException {
        Path from = disk();
        Path to = folder.resolve("copy");
        ShortChannel reads = open(from, 4, StandardOpenOption.READ);
        ShortChannel writes = open(to, 5, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        try (Source source = Endpoints.source("in", reads);
                Target target = Endpoints.target("out", writes)) {
            new ParallelCopier(source, target, CopyOptions.defaults()).run();
        }
        assertThat(reads.parts()).as("the fault fired").isPositive();
        assertThat(writes.parts()).as("the fault fired").isPositive();
        assertThat(Files.mismatch(from, to)).isEqualTo(-1);
    }

    @Test
    void growsAndShrinksFilesToTheirSize() throws IOException {
        Path to = folder.resolve("copy");
        ShortChannel writes = open(to, 6, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        try (Target target = new FileTarget(to, writes, OptionalLong.empty(), true)) {
            target.begin(OptionalLong.of(SIZE));
            target.write(SIZE - 3, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            target.finish(SIZE - 1);
        }
        assertThat(Files.size(to)).isEqualTo(SIZE - 1);
    }
}
