// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import nbd4j.it.Checkout;
import nbd4j.it.LocalProcesses;
import nbd4j.it.Needs;
import nbd4j.it.RunningServer;
import nbd4j.it.ServerCommand;
import nbd4j.it.ServerCommand.Listen;
import nbd4j.it.Servers;
import nbd4j.it.Tools;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code bin/nbdcopy} beside the nbdcopy of this machine, with the same words; docs/nbdcopy-differences.md. In a line
 * {@code NC} stands for the program; {@code g.img} is a sparse disk of 3 MiB and some bytes.
 */
@Needs.Nbdkit
@Needs.Libnbd
@Needs.Launcher
final class DropInIT {
    private static final int SIZE = 3 * Disks.MIB + 1536;

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    static Path shared;

    @TempDir
    private Path folder;

    @BeforeAll
    static void makeTheDisk() throws IOException {
        Disks.golden(shared.resolve("g.img"), SIZE);
    }

    private enum Program {
        THEIRS,
        OURS;

        String path() {
            return this == OURS ? Checkout.launcher("nbdcopy").toString() : "nbdcopy";
        }
    }

    /** Runs a line in a new folder that has the disk. */
    private Path place(Program program) throws IOException {
        Path place = Files.createDirectory(folder.resolve(program.name()));
        Files.copy(shared.resolve("g.img"), place.resolve("g.img"));
        return place;
    }

    private static Tools.Result run(Path place, Program program, String line) throws IOException, InterruptedException {
        String words =
                line.replace("NC", "'" + program.path() + "'").replace("EMPTY", "truncate -s " + SIZE + " o.img");
        return Tools.run(new ProcessBuilder("sh", "-c", words).directory(place.toFile()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NC g.img o.img",
                "NC -- g.img o.img",
                "NC --allocated g.img o.img",
                "NC --synchronous g.img o.img",
                "NC --flush g.img o.img",
                "NC --no-extents g.img o.img",
                "NC --target-is-zero g.img o.img",
                "NC --destination-is-zero g.img o.img",
                "NC -C 2 -R 8 -T 1 -S 0 g.img o.img",
                "NC --connections=2 --requests=8 --threads=2 --sparse=65536 --request-size=32768 g.img o.img",
                "NC --queue-size=1048576 g.img o.img",
                "NC - o.img <g.img",
                "NC g.img - >o.img",
                "NC g.img - | cat >o.img",
                "NC - - <g.img >o.img",
                "mkfifo f && { cat f >o.img & NC g.img f; wait; }",
                "NC -p g.img o.img",
                "NC -v g.img o.img",
                "NC -- [ nbdkit file g.img ] o.img",
                "NC -- [ nbdkit --exit-with-parent file g.img ] - >o.img",
                "EMPTY; NC -- g.img [ nbdkit --exit-with-parent file o.img ]",
                "EMPTY; NC -- [ nbdkit file g.img ] [ nbdkit file o.img ]",
                "EMPTY; cat g.img | NC -- - [ nbdkit file o.img ]",
                "truncate -s 9M o.img; NC g.img o.img",
                "echo short >o.img; NC g.img o.img",
            })
    void copiesTheSameBytes(String line) throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            Path place = place(program);
            Tools.Result result = run(place, program, line);

            assertThat(result.exitCode()).as("%s: %s", program, result.err()).isZero();
            assertThat(result.out()).as(program.name()).isEmpty();
            assertThat(Files.mismatch(place.resolve("g.img"), place.resolve("o.img")))
                    .as(program.name())
                    .isEqualTo(-1);
        }
    }

    /** nbdcopy fails at the first, and leaves an empty file after the second. */
    @ParameterizedTest
    @ValueSource(strings = {"cat g.img | NC - o.img", "mkfifo f && { cat g.img >f & NC f o.img; wait; }"})
    void copiesFromAPipeToAFileWhereNbdcopyDoesNot(String line) throws IOException, InterruptedException {
        Path theirs = place(Program.THEIRS);
        run(theirs, Program.THEIRS, line);
        assertThat(theirs.resolve("o.img")).isEmptyFile();

        Path ours = place(Program.OURS);
        run(ours, Program.OURS, line).succeeded();
        assertThat(Files.mismatch(ours.resolve("g.img"), ours.resolve("o.img"))).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NC",
                "NC g.img",
                "NC g.img o.img x",
                "NC null: o.img",
                "NC -S 3 g.img o.img",
                "NC --sparse=x g.img o.img",
                "NC --request-size=1000 g.img o.img",
                "NC --request-size=2048 g.img o.img",
                "NC --request-size=67108864 g.img o.img",
                "NC -C 0 g.img o.img",
                "NC -R 0 g.img o.img",
                "NC -R x g.img o.img",
                "NC --nonsense g.img o.img",
                "NC --progress=x g.img o.img",
                "NC nope o.img",
                "NC /tmp o.img",
                "NC g.img /tmp",
                "NC g.img /dev/full",
                "NC g.img no/such/folder/o.img",
                "NC nbd://127.0.0.1:1/ o.img",
                "NC nbd+unix:///?socket=nobody o.img",
                "NC nbd+unix:/// o.img",
                "NC -- [ nbdkit null 5 o.img",
                "NC [ ] o.img",
                "NC -- [ false ] o.img",
                "NC -- [ no-such-program ] o.img",
                "NC -- g.img [ nbdkit -r memory 4M ]",
                "NC -- g.img [ nbdkit memory 1M ]",
                "cat g.img | NC -- - [ nbdkit memory 1M ]",
                "NC --synchronous --flush -- g.img [ nbdkit --filter=error memory 4M error-pwrite-rate=100% ]",
            })
    void failsAlike(String line) throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            Path place = place(program);
            Tools.Result result = run(place, program, line.replace("NC ", "NC " + quick(program)));

            assertThat(result.exitCode()).as("%s: %s", program, result.err()).isEqualTo(1);
            assertThat(result.out()).as(program.name()).isEmpty();
            assertThat(result.err()).as(program.name()).isNotBlank();
            if (program == Program.OURS) {
                assertThat(result.err()).contains("nbdcopy: ").doesNotContain("\tat ");
                assertThat(place.resolve("o.img")).as("nothing looks finished").doesNotExist();
            }
        }
    }

    private static String quick(Program program) {
        return program == Program.OURS ? "--retry-for=0 " : "";
    }

    @Test
    void endsWithOneAndNotTwoUnderTheNameOfNbdcopyOnly() throws IOException, InterruptedException {
        assertThat(run(folder, Program.OURS, "NC --nonsense").exitCode()).isEqualTo(1);
        assertThat(Child.copy("--nonsense").exitCode()).isEqualTo(2);
    }

    @Test
    void showsItsVersionInTheSameForm() throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            for (String option : new String[] {"-V", "--version"}) {
                Tools.Result result = run(folder, program, "NC " + option);

                assertThat(result.exitCode()).isZero();
                assertThat(result.out().lines().findFirst().orElseThrow())
                        .as(program.name())
                        .matches("nbdcopy \\d+\\.\\d+\\S*");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--long-options", "--short-options"})
    void hasEveryOptionThatCompletionAsksFor(String option) throws IOException, InterruptedException {
        Set<String> theirs = lines(run(folder, Program.THEIRS, "NC " + option).succeeded());
        Set<String> ours = lines(run(folder, Program.OURS, "NC " + option).succeeded());

        assertThat(theirs).hasSizeGreaterThan(5);
        assertThat(ours).containsAll(theirs);
    }

    private static Set<String> lines(String text) {
        return text.lines().collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void helpsOnStandardOutput() throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            assertThat(run(folder, program, "NC --help").succeeded())
                    .as(program.name())
                    .contains("nbdcopy", "SOURCE DESTINATION", "--request-size", "null:");
        }
    }

    @ParameterizedTest
    @CsvSource({"g.img null:", "g.img o.img", "- o.img <g.img", "--synchronous g.img o.img"})
    void writesProgressInTheSameForm(String words) throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            Path place = place(program);
            run(place, program, "NC --progress=7 " + words + " 7>progress").succeeded();
            String progress = Files.readString(place.resolve("progress"), UTF_8);

            assertThat(progress).as(program.name()).startsWith("0/100\n").endsWith("\n100/100\n");
            assertThat(progress.lines()).allMatch(line -> line.matches("\\d{1,3}/100"));
            assertThat(progress.lines().map(line -> Integer.parseInt(line.replace("/100", ""))))
                    .isSorted();
        }
    }

    @Test
    void neverSaysThatAFailedCopyIsDone() throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            Path place = place(program);
            String options = "--progress=7 " + quick(program);
            assertThat(run(place, program, "NC " + options + "g.img /dev/full 7>progress")
                            .exitCode())
                    .isEqualTo(1);
            assertThat(place.resolve("progress"))
                    .content()
                    .startsWith("0/100\n")
                    .doesNotContain("100/100\n100/100");
            if (program == Program.OURS) {
                assertThat(place.resolve("progress")).content().doesNotContain("100/100");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"32K, 32768", "1M, 1048576"})
    void takesHumanSizesAsNewerOnesDo(String human, String bytes) throws IOException, InterruptedException {
        Path place = place(Program.OURS);
        for (String size : new String[] {human, bytes}) {
            String words = "--request-size=" + size + " --queue-size=" + size + " -S " + size;
            String told = run(place, Program.OURS, "NC -v " + words + " g.img null: 2>&1")
                    .succeeded();

            assertThat(told).contains("request-size=" + bytes, "sparse=" + bytes);
        }
    }

    /** nbdcopy notices, too, but at the end only. */
    @Test
    void noticesThatStandardInputIsLongerThanTheTarget() throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            try (RunningServer target = SERVERS.provider().start(ServerCommand.nbdkit("memory", "1M"), Listen.UNIX)) {
                Tools.Result result = run(place(program), program, "NC - '" + target.uri() + "' <g.img");

                assertThat(result.exitCode()).as(program.name()).isEqualTo(1);
                if (program == Program.OURS) {
                    assertThat(result.err()).contains("holds 1048576 bytes, but the source has at least 2097152");
                }
            }
        }
    }

    @Test
    void leavesTheTailOfALargerTargetAsItWas() throws IOException, InterruptedException {
        for (Program program : Program.values()) {
            Path place = place(program);
            Path target = Disks.guarded(place.resolve("t.img"), 0, 0, 4 * Disks.MIB, 0xff);
            try (RunningServer server =
                    SERVERS.provider().start(ServerCommand.nbdkit("file", target.toString()), Listen.UNIX)) {
                run(place, program, "NC g.img '" + server.uri() + "'").succeeded();
            }
            byte[] bytes = Files.readAllBytes(target);
            assertThat(bytes).hasSize(4 * Disks.MIB);
            for (int at = SIZE; at < bytes.length; at++) {
                assertThat(bytes[at]).isEqualTo((byte) 0xff);
            }
            bytes = java.util.Arrays.copyOf(bytes, SIZE);
            assertThat(bytes).as(program.name()).isEqualTo(Files.readAllBytes(place.resolve("g.img")));
        }
    }
}
