// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartialFileTargetTest {
    @TempDir
    Path directory;

    @Test
    void appearsUnderItsNameOnlyWhenFinished() throws IOException {
        Path path = directory.resolve("disk.img");
        try (Target target = PartialFileTarget.create(path, false)) {
            target.begin(OptionalLong.of(10_000));
            target.write(5000, ByteBuffer.wrap(new byte[] {7}));
            target.flush();
            assertThat(path).doesNotExist();
            assertThat(directory.resolve("disk.img.partial")).exists();
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(directory.resolve("disk.img.partial"))))
                    .isEqualTo("rw-------");

            target.finish(10_000);
        }

        byte[] expected = new byte[10_000];
        expected[5000] = 7;
        assertThat(path).hasBinaryContent(expected);
        assertThat(directory.resolve("disk.img.partial")).doesNotExist();
        assertThat(Files.getPosixFilePermissions(path))
                .isEqualTo(Umask.ofThisProcess().newFile());
    }

    @Test
    void replacesAnExistingFileInOneStepAndKeepsItsPermissions() throws IOException {
        Path path = Files.writeString(directory.resolve("disk.img"), "old and much longer");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));
        try (Target target = PartialFileTarget.create(path, false)) {
            target.begin(OptionalLong.of(3));
            target.write(0, ByteBuffer.wrap("new".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
            assertThat(path).hasContent("old and much longer");

            target.finish(3);
        }

        assertThat(path).hasContent("new");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-r-----");
    }

    @Test
    void leavesNothingBehindWhenItFails() throws IOException {
        Path path = Files.writeString(directory.resolve("disk.img"), "old");
        try (Target target = PartialFileTarget.create(path, false)) {
            target.begin(OptionalLong.of(3));
        }

        assertThat(path).hasContent("old");
        assertThat(directory.resolve("disk.img.partial")).doesNotExist();
    }

    @Test
    void keepsThePartialFileWhereAsked() throws IOException {
        Path path = directory.resolve("disk.img");
        try (Target target = PartialFileTarget.create(path, true)) {
            target.begin(OptionalLong.of(3));
        }

        assertThat(path).doesNotExist();
        assertThat(directory.resolve("disk.img.partial")).hasSize(3);
    }

    @Test
    void refusesATargetThatAnotherCopyIsWriting() throws IOException {
        Path path = directory.resolve("disk.img");
        try (Target target = PartialFileTarget.create(path, false)) {
            assertThatThrownBy(() -> PartialFileTarget.create(path, false))
                    .hasMessageContaining("disk.img.partial: is being written by another copy");
            target.finish(0);
        }
        assertThat(path).isEmptyFile();
    }

    @Test
    void overwritesWhatAKilledCopyLeft() throws IOException {
        Path path = directory.resolve("disk.img");
        Files.writeString(directory.resolve("disk.img.partial"), "rubbish of a copy that was killed");
        try (Target target = PartialFileTarget.create(path, false)) {
            target.begin(OptionalLong.of(3));
            target.finish(3);
        }

        assertThat(path).hasBinaryContent(new byte[3]);
    }

    @Test
    void doesNotFollowALinkInThePlaceOfThePartialFile() throws IOException {
        Path victim = Files.writeString(directory.resolve("victim"), "precious");
        Files.createSymbolicLink(directory.resolve("disk.img.partial"), victim);

        assertThatThrownBy(() -> PartialFileTarget.create(directory.resolve("disk.img"), false))
                .hasMessageContaining("is in the way");
        assertThat(victim).hasContent("precious");
    }

    @Test
    void keepsAStreamAtItsLength() throws IOException {
        Path path = directory.resolve("disk.img");
        try (Target target = PartialFileTarget.create(path, false)) {
            target.begin(OptionalLong.empty());
            target.write(0, ByteBuffer.wrap(new byte[] {1}));
            target.finish(5);
        }

        assertThat(path).hasBinaryContent(new byte[] {1, 0, 0, 0, 0});
    }

    @Test
    void allocatesNoSpaceForHoles() throws IOException {
        Path path = directory.resolve("disk.img");
        try (Target target = PartialFileTarget.create(path, false)) {
            target.begin(OptionalLong.of(1L << 40));
            target.finish(1L << 40);
        }

        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            assertThat(channel.size()).isEqualTo(1L << 40);
        }
    }
}
