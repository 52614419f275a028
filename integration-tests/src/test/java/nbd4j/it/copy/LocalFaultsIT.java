// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import nbd4j.it.Needs;
import nbd4j.it.Tools;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * System calls on local files that fail, or are the last before the process is killed, through strace; rows of
 * docs/fault-coverage.md by their names.
 */
@Needs.Launcher
final class LocalFaultsIT {
    private static final int SIZE = 4 * Disks.MIB;
    /** So that each thread, for which strace counts by itself, makes several calls. */
    private static final int REQUEST = 128 << 10;
    /** What strace adds to a call that it changed. */
    private static final Pattern FIRED = Pattern.compile("INJECTED|DELAYED|killed by SIGKILL");

    @TempDir
    private Path folder;

    private Path golden;
    private Path target;
    private Path trace;

    @BeforeEach
    void makeTheDisk() throws IOException {
        golden = Disks.golden(folder.resolve("golden.img"), SIZE);
        target = folder.resolve("disk.img");
        trace = folder.resolve("trace");
    }

    /** Copies the golden disk to the target under strace, which watches some calls and changes one. */
    private Tools.Result copyWith(String calls, String inject, String... options)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(
                "strace", "-f", "-qq", "-o", trace.toString(), "-e", "trace=" + calls, "-e", "inject=" + inject));
        words.addAll(Child.words("nbd", "copy"));
        words.add("--request-size=" + REQUEST);
        words.addAll(List.of(options));
        words.addAll(List.of(golden.toString(), target.toString()));
        return Tools.run(words);
    }

    /** Returns how many calls of the target's files strace saw, and requires that it changed one. */
    private long calls(String name) throws IOException {
        List<String> lines = Files.readAllLines(trace);
        assertThat(lines)
                .as("the fault fired")
                .anyMatch(line -> FIRED.matcher(line).find());
        return lines.stream()
                .filter(line -> line.matches("\\d+ +" + name + "\\(.*"))
                .count();
    }

    private void assertFailed(Tools.Result result, String message) {
        assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("nbd copy: target: ")
                .contains(message)
                .hasLineCount(1);
    }

    private List<String> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void fl04_failsWhereAWriteFails() throws IOException, InterruptedException {
        Files.writeString(target, "precious", UTF_8);

        assertFailed(copyWith("pwrite64", "pwrite64:error=EIO:when=3"), "Input/output error");

        assertThat(calls("pwrite64")).isGreaterThanOrEqualTo(3);
        assertThat(target).hasContent("precious");
        assertThat(files()).containsExactly("disk.img", "golden.img", "trace");
    }

    /** Some file systems take the open file, but no write past the cache. */
    @Test
    void fl04_writesThroughTheCacheWhereItCannotBePassed() throws IOException, InterruptedException {
        Files.write(target, new byte[SIZE]);

        copyWith("pwrite64", "pwrite64:error=EINVAL:when=1", "--in-place", "--synchronous")
                .succeeded();

        assertThat(calls("pwrite64")).isGreaterThan(SIZE / REQUEST);
        assertThat(Files.mismatch(golden, target)).isEqualTo(-1);
    }

    @Test
    void fl07_doesNotAskAgainAfterAFailedFsync() throws IOException, InterruptedException {
        assertFailed(copyWith("fsync,fdatasync", "fsync:error=EIO:when=1"), "fsync");

        assertThat(calls("fsync") + calls("fdatasync")).isEqualTo(1);
        assertThat(files()).containsExactly("golden.img", "trace");
    }

    @Test
    void fl09_failsWhereTheFileCannotTakeItsName() throws IOException, InterruptedException {
        assertFailed(copyWith("rename,renameat,renameat2", "rename,renameat,renameat2:error=EACCES"), "disk.img");

        assertThat(calls("rename(at2?)?")).isEqualTo(1);
        assertThat(files()).containsExactly("golden.img", "trace");
    }

    @Test
    void fl09_failsWhereTheFolderCannotBeMadeDurable() throws IOException, InterruptedException {
        assertFailed(copyWith("fsync", "fsync:error=EIO:when=2"), "");

        assertThat(calls("fsync")).isEqualTo(2);
        // Complete, though perhaps not under this name after a crash.
        assertThat(Files.mismatch(golden, target)).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({
        "pwrite64, 1, false",
        "pwrite64, 2, false",
        "pwrite64, 5, false",
        "fsync, 1, false",
        "rename, 1, false",
        "fsync, 2, true"
    })
    void fl08_leavesNothingThatLooksFinishedWhereverItIsKilled(String call, int number, boolean complete)
            throws IOException, InterruptedException {
        Tools.Result result = copyWith(call, call + ":signal=SIGKILL:when=" + number);

        assertThat(result.exitCode()).as(result.err()).isEqualTo(137);
        assertThat(calls(call)).isGreaterThanOrEqualTo(number);
        // Whether a rename passes that is the last call, is the kernel's choice.
        assertThat(Files.exists(target) || call.equals("rename")).isEqualTo(complete || call.equals("rename"));
        if (Files.exists(target)) {
            assertThat(Files.mismatch(golden, target)).isEqualTo(-1);
        }
        // What is left is in nobody's way.
        Child.copy(golden.toString(), target.toString()).succeeded();
        assertThat(Files.mismatch(golden, target)).isEqualTo(-1);
        assertThat(files()).containsExactly("disk.img", "golden.img", "trace");
    }

    @Test
    void syncsBeforeTheFileTakesItsNameAndTheFolderAfterwards() throws IOException, InterruptedException {
        String calls = "pwrite64,fsync,fdatasync,rename";
        copyWith(calls, "fsync:delay_enter=1000:when=1").succeeded();

        List<String> order = Files.readAllLines(trace).stream()
                .filter(line -> !line.matches(".*(resumed>|---|\\+\\+\\+).*"))
                .map(line -> line.replaceFirst("^\\d+ +", "").replaceFirst("\\(.*", ""))
                .dropWhile(name -> name.equals("pwrite64"))
                .toList();
        assertThat(order).containsExactly("fsync", "rename", "fsync");
    }

    @Test
    void doesNotSyncWhereToldNotTo() throws IOException, InterruptedException {
        copyWith("pwrite64,fsync,fdatasync", "pwrite64:delay_enter=1000:when=1", "--no-flush")
                .succeeded();

        // The folder's, which the rename needs.
        assertThat(calls("fsync") + calls("fdatasync")).isLessThanOrEqualTo(1);
        assertThat(Files.mismatch(golden, target)).isEqualTo(-1);
    }

    @Test
    void fl03_failsWhereTheFileMayNotGrow() throws IOException, InterruptedException {
        String script = "ulimit -f 1024; exec \"$1\" copy \"$2\" \"$3\"";
        Tools.Result result = Tools.run(
                "bash", "-c", script, "bash", Child.words("nbd").getFirst(), golden.toString(), target.toString());

        assertFailed(result, "File too large");
        assertThat(files()).containsExactly("golden.img");
    }
}
