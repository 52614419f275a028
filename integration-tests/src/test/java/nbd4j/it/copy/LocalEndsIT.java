// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import nbd4j.it.Needs;
import nbd4j.it.Tools;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files, devices and what else a path may lead to; rows of docs/fault-coverage.md by their names. */
@Needs.Launcher
final class LocalEndsIT {
    private static final int SIZE = 8 * Disks.MIB;

    @TempDir
    private Path folder;

    private Path golden;

    /** Loop devices, mounts and namespaces are root's. Our CI is root and fails where a test is skipped. */
    @BeforeAll
    static void requireRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "not root");
    }

    @BeforeEach
    void makeTheDisk() throws IOException {
        golden = Disks.golden(folder.resolve("golden.img"), SIZE);
    }

    /** A file as a block device, for as long as it is open. */
    private record Loop(String device) implements AutoCloseable {
        static Loop over(Path file) throws IOException, InterruptedException {
            return new Loop(
                    Tools.run("losetup", "--find", "--show", file.toString()).succeeded());
        }

        @Override
        public void close() throws IOException {
            try {
                Tools.run("losetup", "--detach", device).succeeded();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Path file(String name, long size) throws IOException, InterruptedException {
        Path file = folder.resolve(name);
        Tools.run("truncate", "-s", String.valueOf(size), file.toString()).succeeded();
        return file;
    }

    /** Requires that a copy of the golden disk to a target fails with a message. */
    private Tools.Result assertRefused(String target, String message) throws IOException, InterruptedException {
        Tools.Result result = Child.copy(golden.toString(), target);
        assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("nbd copy: target: ")
                .contains(message)
                .hasLineCount(1);
        return result;
    }

    @Test
    void copiesToAndFromABlockDevice() throws IOException, InterruptedException {
        Path backing = Disks.guarded(folder.resolve("backing"), 0, 0, SIZE, 0xff);
        Path back = folder.resolve("back");
        try (Loop loop = Loop.over(backing)) {
            Tools.Result there = Child.copy("-v", golden.toString(), loop.device());
            assertThat(there.exitCode()).as(there.err()).isZero();
            assertThat(there.err()).contains("durable").doesNotContain("warning");
            // The flush brought it to the file below.
            assertThat(Files.mismatch(golden, backing)).isEqualTo(-1);

            Child.copy(loop.device(), back.toString()).succeeded();
            Child.copy(loop.device(), "null:").succeeded();
        }
        assertThat(Files.mismatch(golden, back)).isEqualTo(-1);
    }

    @Test
    void looksAtTheSizeOfABlockDeviceFirst() throws IOException, InterruptedException {
        Path small = Disks.guarded(folder.resolve("small"), 0, 0, SIZE / 2, 0xff);
        try (Loop loop = Loop.over(small)) {
            assertRefused(loop.device(), "holds %d bytes, but the source has %d".formatted(SIZE / 2, SIZE));
        }
        assertThat(Files.readAllBytes(small)).containsOnly(0xff);

        try (Loop loop = Loop.over(file("large", SIZE + 65_536))) {
            assertThat(Child.copy(golden.toString(), loop.device()).err())
                    .contains("warning: ", "its last 65536 bytes stay as they are");
        }
    }

    @Test
    void refusesABlockDeviceThatIsMounted() throws IOException, InterruptedException {
        Path backing = file("backing", SIZE);
        Path mount = Files.createDirectory(folder.resolve("mount"));
        try (Loop loop = Loop.over(backing)) {
            Tools.run("mkfs.ext4", "-q", loop.device()).succeeded();
            byte[] before = Files.readAllBytes(backing);
            String script =
                    "mount -o ro,noload \"$1\" \"$2\" && \"$3\" copy \"$4\" \"$1\"; code=$?; umount \"$2\"; exit $code";
            Tools.Result result = Tools.run(
                    "unshare",
                    "-m",
                    "sh",
                    "-c",
                    script,
                    "sh",
                    loop.device(),
                    mount.toString(),
                    Child.words("nbd").getFirst(),
                    golden.toString());

            assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
            assertThat(result.err()).contains(loop.device(), "mounted", mount.toString());
            assertThat(Files.readAllBytes(backing)).isEqualTo(before);

            // Not mounted any more, it is taken.
            Child.copy(golden.toString(), loop.device()).succeeded();
        }
    }

    @Test
    void followsALinkToADeviceBelowDev() throws IOException, InterruptedException {
        Path link = Path.of("/dev/nbd4j-test-" + ProcessHandle.current().pid());
        Path backing = file("backing", SIZE);
        try (Loop loop = Loop.over(backing)) {
            Files.createSymbolicLink(link, Path.of(loop.device()));
            Child.copy(golden.toString(), link.toString()).succeeded();

            Path elsewhere = Files.createSymbolicLink(folder.resolve("link"), Path.of(loop.device()));
            assertRefused(elsewhere.toString(), "is a symbolic link to " + loop.device());
        } finally {
            Files.deleteIfExists(link);
        }
        assertThat(Files.mismatch(golden, backing)).isEqualTo(-1);
    }

    @Test
    void refusesADeviceOnBothEnds() throws IOException, InterruptedException {
        try (Loop loop = Loop.over(golden)) {
            Tools.Result result = Child.copy(loop.device(), loop.device());

            assertThat(result.exitCode()).isEqualTo(1);
            assertThat(result.err()).contains("is the source itself");
        }
    }

    @Test
    void fl10_refusesOneFileOnBothEndsUnderEveryName() throws IOException, InterruptedException {
        byte[] before = Files.readAllBytes(golden);
        Path hard = Files.createLink(folder.resolve("hard"), golden);
        for (String target : new String[] {golden.toString(), hard.toString(), folder + "/./golden.img"}) {
            assertRefused(target, "is the source itself");
        }
        assertRefused(Files.createSymbolicLink(folder.resolve("soft"), golden).toString(), "is a symbolic link to");
        Path link = folder.resolve("soft");
        Tools.Result result = Child.copy(link.toString(), golden.toString());
        assertThat(result.err()).contains("is the source itself");
        assertThat(Files.readAllBytes(golden)).isEqualTo(before);
    }

    @Test
    void fl10_leavesWhatALinkLeadsToAlone() throws IOException, InterruptedException {
        Path victim = Files.writeString(folder.resolve("victim"), "precious", UTF_8);
        assertRefused(Files.createSymbolicLink(folder.resolve("link"), victim).toString(), "is a symbolic link to");
        assertRefused(
                Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("new"))
                        .toString(),
                "is a symbolic link to");

        assertThat(victim).hasContent("precious");
        assertThat(folder.resolve("new")).doesNotExist();
    }

    @Test
    void fl10_replacesALargerFileOnlyWhenTheNewOneIsComplete() throws IOException, InterruptedException {
        Path larger = Disks.guarded(folder.resolve("larger"), 0, 0, 2 * SIZE, 0xff);
        Object before = Files.getAttribute(larger, "unix:ino", LinkOption.NOFOLLOW_LINKS);
        Path missing = folder.resolve("missing");
        assertThat(Child.copy(missing.toString(), larger.toString()).exitCode()).isEqualTo(1);
        assertThat(Files.size(larger)).isEqualTo(2L * SIZE);

        Child.copy(golden.toString(), larger.toString()).succeeded();

        assertThat(Files.mismatch(golden, larger)).isEqualTo(-1);
        assertThat(Files.getAttribute(larger, "unix:ino")).isNotEqualTo(before);
    }

    @Test
    void writesIntoAnExistingFileWhereToldTo() throws IOException, InterruptedException {
        Path larger = Disks.guarded(folder.resolve("larger"), 0, 0, 2 * SIZE, 0xff);
        Object before = Files.getAttribute(larger, "unix:ino");

        Child.copy("--in-place", golden.toString(), larger.toString()).succeeded();

        assertThat(Files.mismatch(golden, larger)).isEqualTo(-1);
        assertThat(Files.getAttribute(larger, "unix:ino")).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({
        "/dev/full, No space left on device",
        "FOLDER, is a directory",
        "FOLDER/none/disk, 'none/disk.partial: no such file or directory'",
        "/proc/version, '/proc/version.partial: '",
    })
    void fl02_saysWhatIsNoTarget(String target, String message) throws IOException, InterruptedException {
        Tools.Result result = Child.copy(golden.toString(), target.replace("FOLDER", folder.toString()));

        assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("nbd copy: target: ")
                .contains(message)
                .hasLineCount(1);
    }

    @Test
    void fl02_copiesThroughFifos() throws IOException, InterruptedException {
        Path there = folder.resolve("fifo");
        Path copy = folder.resolve("copy");
        String script =
                "mkfifo \"$2\" && { \"$1\" copy \"$2\" \"$4\" & \"$1\" copy \"$3\" \"$2\"; code=$?; wait $! && exit $code; }";

        Tools.run(
                        "sh",
                        "-c",
                        script,
                        "sh",
                        Child.words("nbd").getFirst(),
                        there.toString(),
                        golden.toString(),
                        copy.toString())
                .succeeded();

        assertThat(Files.mismatch(golden, copy)).isEqualTo(-1);
    }

    @Test
    void fl02_endsWhenTheReaderOfAFifoLeaves() throws IOException, InterruptedException {
        String script = "mkfifo \"$2\" && { head -c 1 \"$2\" >/dev/null & \"$1\" copy \"$3\" \"$2\"; }";

        Tools.Result result = Tools.run(
                "sh",
                "-c",
                script,
                "sh",
                Child.words("nbd").getFirst(),
                folder.resolve("fifo").toString(),
                golden.toString());

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).startsWith("nbd copy: target: write of").contains("Broken pipe");
    }
}
