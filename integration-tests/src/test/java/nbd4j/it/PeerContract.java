// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import nbd4j.cli.CommandInProcess;
import nbd4j.it.ServerCommand.Listen;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our answers beside those of nbdinfo and nbddump, mode by mode: the same bytes on standard output and the same exit
 * code, but for what {@link #wanted} takes away. docs/nbdinfo-differences.md lists these and the others.
 */
interface PeerContract {
    /** Options of nbdinfo; those with a space are several words. */
    List<String> QUESTIONS = List.of(
            "--no-content",
            "--content",
            "--json",
            "--size",
            "--list",
            "--list --json",
            "--list --content",
            "--map",
            "--map --json",
            "--map --totals",
            "--map --totals --json",
            "--map --color",
            "--map=qemu:allocation-depth",
            "--map=qemu:dirty-bitmap:b0",
            "--map=qemu:dirty-bitmap:b0 --totals --json",
            "--map=qemu:dirty-bitmap:b0 --color",
            "--map=foo:bar",
            "--can connect",
            "--can read",
            "--can write",
            "--can cache",
            "--can df",
            "--can fast-zero",
            "--can flush",
            "--can fua",
            "--can multi-conn",
            "--can trim",
            "--can zero",
            "--can structured-reply",
            "--is read-only",
            "--is rotational",
            "--is tls",
            "--can nonsense");

    /** The servers of this run. */
    ServerProvider servers();

    /** What to put in front of a peer's command line to run it. */
    List<String> peers();

    /** Takes away what we print and this nbdinfo does not know yet. */
    String wanted(String ours);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "memory 1M",
                "-r memory 1M",
                "null 0",
                "pattern 1000001",
                "full 1M",
                "sparse-random 64M",
                "--no-sr memory 1M",
                "--mask-handshake=0 memory 1M",
                "-o memory 1M",
                "--filter=nozero memory 1M",
                "--filter=noextents memory 1M",
                "--filter=fua memory 1M fuamode=emulate",
                "--filter=nocache memory 1M",
                "--filter=cow memory 1M",
                "--filter=cache memory 1M",
                "--filter=multi-conn memory 1M multi-conn-mode=disable",
                "--filter=noparallel memory 1M",
                "--filter=blocksize-policy memory 1M blocksize-minimum=512 blocksize-preferred=64K blocksize-maximum=1M",
                "--filter=offset memory 2M offset=1M range=512K",
                "--filter=exportname memory 1M exportname=a exportname=b exportname-list=explicit exportdesc=script:echo",
                "eval get_size=echo:1048576 pread=dd is_rotational=true"
            })
    default void answersAsNbdinfoOnNbdkit(String arguments) throws IOException, InterruptedException {
        compare(ServerCommand.nbdkit(evaluated(arguments)));
    }

    @Test
    default void answersAsNbdinfoOnSeveralExports() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(servers().directory(), "exports");
        Files.write(folder.resolve("one"), new byte[1024]);
        Files.writeString(folder.resolve("two words"), "hello\n".repeat(100));
        compare(ServerCommand.nbdkit("file", "dir=" + folder).withExport("two words"));
    }

    @Test
    default void answersAsNbdinfoOnAQcow2ChainWithABitmap() throws IOException, InterruptedException {
        Path base = servers().directory().resolve("base.qcow2");
        Path top = servers().directory().resolve("top.qcow2");
        Tools.run("qemu-img", "create", "-q", "-f", "qcow2", base.toString(), "4M")
                .succeeded();
        Tools.run("qemu-io", "-c", "write 0 64k", base.toString()).succeeded();
        Tools.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", base.toString(), "-F", "qcow2", top.toString(), "4M")
                .succeeded();
        Tools.run("qemu-img", "bitmap", "--add", top.toString(), "b0").succeeded();
        Tools.run("qemu-io", "-c", "write 1M 128k", "-c", "write -z 2M 64k", top.toString())
                .succeeded();
        compare(ServerCommand.qemuNbd(
                "-t", "-e", "8", "-f", "qcow2", "-B", "b0", "-A", "-D", "a \"disk\"", top.toString()));
        compare(ServerCommand.qemuNbd("-t", "-r", "-f", "qcow2", "-x", "disk", top.toString())
                .withExport("disk"));
        Files.delete(top);
        Files.delete(base);
    }

    /** nbd-server answers 0 bytes to INFO and the truth to GO; nbdinfo believes the former in its report, we the latter. */
    @Test
    default void answersAsNbdinfoOnNbdServerButForTheSize() throws IOException, InterruptedException {
        Path file = Files.write(servers().directory().resolve("served.img"), new byte[64 << 10]);
        var questions = new ArrayList<>(QUESTIONS);
        questions.removeAll(List.of("--no-content", "--content", "--json"));
        for (var settings :
                List.of(Map.of("flush", "true", "fua", "true"), Map.of("readonly", "true", "rotational", "true"))) {
            var command = ServerCommand.nbdServer("disk", file, settings);
            compare(command, questions);
            try (RunningServer server = servers().start(command, Listen.UNIX)) {
                assertThat(CommandInProcess.run("nbdinfo", List.of(server.uri().toString()))
                                .out())
                        .contains("\texport-size: 65536 (64K)\n\tcontent: data\n");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"pattern 1000", "null 0", "null 40", "sparse-random 64K", "memory 1M", "--no-sr pattern 4096"})
    default void dumpsAsNbddump(String arguments) throws IOException, InterruptedException {
        try (RunningServer server = servers().start(ServerCommand.nbdkit(arguments.split(" ", -1)), Listen.UNIX)) {
            var softly = new SoftAssertions();
            // nbddump squeezes the last line of a part if it repeats the one before; ours is shown.
            List<String> parts = arguments.contains("pattern") ? List.of("--length=100000", "--length=17") : List.of();
            for (String options : Stream.concat(Stream.of("--no-color", "--color"), parts.stream())
                    .toList()) {
                compare(softly, "nbddump", options, server, text -> text);
            }
            softly.assertAll();
        }
    }

    private void compare(ServerCommand command) throws IOException, InterruptedException {
        compare(command, QUESTIONS);
    }

    private void compare(ServerCommand command, List<String> questions) throws IOException, InterruptedException {
        try (RunningServer server = servers().start(command, Listen.UNIX)) {
            var softly = new SoftAssertions();
            for (String options : questions) {
                compare(softly, "nbdinfo", options, server, this::wanted);
            }
            softly.assertAll();
        }
    }

    private void compare(
            SoftAssertions softly, String program, String options, RunningServer server, UnaryOperator<String> wanted)
            throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of(options.split(" ", -1)));
        arguments.add(server.uri().toString());
        var line = new ArrayList<>(peers());
        line.add(program);
        line.addAll(arguments);
        Tools.Result theirs = Tools.run(line);
        CommandInProcess.Ended ours = CommandInProcess.run(program, arguments);
        String what = program + " " + options + " with " + server.log() + "\n" + theirs.err() + ours.err();
        softly.assertThat(wanted.apply(ours.out())).as(what).isEqualTo(theirs.out());
        softly.assertThat(ours.exitCode()).as(what).isEqualTo(theirs.exitCode());
    }

    /** Returns the words, with the scripts of nbdkit's eval plugin in their place. */
    private static String[] evaluated(String arguments) {
        String[] words = arguments.split(" ", -1);
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].replace("=echo:", "=echo ");
            if (words[i].equals("pread=dd")) {
                words[i] = "pread=dd if=/dev/zero count=$3 iflag=count_bytes status=none";
            }
            if (words[i].equals("is_rotational=true")) {
                words[i] = "is_rotational=exit 0";
            }
            if (words[i].equals("exportdesc=script:echo")) {
                words[i] = "exportdesc=fixed:the one";
            }
        }
        assertThat(words).isNotEmpty();
        return words;
    }
}
