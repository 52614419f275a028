// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.hash.BlockHash;
import nbd4j.copy.testkit.MemorySource;
import nbd4j.copy.testkit.MemoryTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class StreamCopyTest {
    private static final CopyOptions OPTIONS = CopyOptions.defaults().withRequestSize(4096);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 4097, 1_000_003})
    void readsAStreamOfUnknownLength(int size) throws IOException {
        byte[] content = sparse(size);
        MemoryTarget target = new MemoryTarget(size);

        CopyReport report = new ParallelCopier(stream(content), target, OPTIONS).run();

        assertThat(target.durable()).isEqualTo(content);
        assertThat(report.size()).isEqualTo(size);
        assertThat(report.progress().finished()).isEqualTo(size);
        assertThat(report.progress().size()).hasValue(size);
    }

    @Test
    void readsAStreamThatComesInDrops() throws IOException {
        byte[] content = sparse(50_000);
        InputStream drops = new ByteArrayInputStream(content) {
            @Override
            public int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 777));
            }
        };
        MemoryTarget target = new MemoryTarget(content.length);

        new ParallelCopier(Endpoints.source("drops", Channels.newChannel(drops)), target, OPTIONS).run();

        assertThat(target.durable()).isEqualTo(content);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4097, 1_000_003})
    void writesAStreamInOrderAndHolesAsZeroesWithoutReadingThem(int size) throws IOException {
        byte[] content = sparse(size);
        MemorySource source = new MemorySource(content);
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        CopyReport report = new ParallelCopier(source, stream(out), OPTIONS).run();

        assertThat(out.toByteArray()).isEqualTo(content);
        assertThat(report.progress().finished()).isEqualTo(size);
        if (size > 1_000_000) {
            assertThat(report.progress().read()).isLessThan(size);
            assertThat(report.progress().zeroed()).isPositive();
        }
        assertThat(report.durable()).isFalse();
    }

    @Test
    void copiesFromStreamToStream() throws IOException {
        byte[] content = sparse(1_000_003);
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        new ParallelCopier(stream(content), stream(out), OPTIONS).run();

        assertThat(out.toByteArray()).isEqualTo(content);
    }

    @Test
    void noticesThatAStreamIsLongerThanTheTarget() {
        MemoryTarget target = new MemoryTarget(5000);

        assertThatThrownBy(() -> new ParallelCopier(stream(new byte[10_000]), target, OPTIONS).run())
                .isInstanceOf(EndpointException.class)
                .hasMessageStartingWith("target: memory target holds 5000 bytes, but the source has at least ");
        assertThat(target.finished()).isFalse();
    }

    @Test
    void writesAStreamToASparseFile() throws IOException {
        byte[] content = sparse(300_001);
        Path file = directory.resolve("disk.img");
        try (Target target = Endpoints.target(new Location.File(file), EndpointOptions.defaults())) {
            CopyReport report = new ParallelCopier(stream(content), target, OPTIONS).run();
            assertThat(report.durable()).isTrue();
            assertThat(report.progress().skipped()).isPositive();
        }

        assertThat(file).hasBinaryContent(content);
    }

    @Test
    void copiesFilesWhateverTheirSize() throws IOException {
        for (int size : new int[] {0, 1, 511, 513, 65_537, 700_000}) {
            byte[] content = sparse(size);
            Path from = Files.write(directory.resolve("from"), content);
            Path to = directory.resolve("to");
            try (Source source = Endpoints.source(new Location.File(from), EndpointOptions.defaults());
                    Target target = Endpoints.target(new Location.File(to), EndpointOptions.defaults())) {
                new ParallelCopier(source, target, OPTIONS.withAllocated(size % 2 == 0)).run();
            }
            assertThat(to).hasBinaryContent(content);
        }
    }

    @Test
    void computesTheSameHashWhateverTheEnds() throws IOException {
        byte[] content = sparse(1_000_003);
        CopyOptions options = OPTIONS.withHash(BlockHash.of("sha256", 65_536));

        String streamed = hash(new ParallelCopier(stream(content), new MemoryTarget(content.length), options));
        String sparse = hash(new ParallelCopier(new MemorySource(content), new MemoryTarget(content.length), options));
        String dense = hash(new ParallelCopier(
                new MemorySource(content), stream(new ByteArrayOutputStream()), options.withExtents(false)));

        assertThat(streamed).hasSize(64).isEqualTo(sparse).isEqualTo(dense);
        content[999_999] ^= 1;
        assertThat(hash(new ParallelCopier(stream(content), new MemoryTarget(content.length), options)))
                .isNotEqualTo(streamed);
    }

    private static String hash(ParallelCopier copier) throws IOException {
        return copier.run().hash().orElseThrow();
    }

    private static Source stream(byte[] content) {
        return Endpoints.source("bytes", Channels.newChannel(new ByteArrayInputStream(content)));
    }

    private static Target stream(ByteArrayOutputStream out) {
        return Endpoints.target("bytes", Channels.newChannel(out));
    }

    private static byte[] sparse(int size) {
        byte[] content = new byte[size];
        Random random = new Random(size);
        for (int at = 0; at < size; at += 30_000) {
            Arrays.fill(content, at, Math.min(size, at + random.nextInt(20_000)), (byte) 7);
        }
        return content;
    }
}
