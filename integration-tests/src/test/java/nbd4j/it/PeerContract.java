// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nbd4j.cli.CommandInProcess;
import nbd4j.it.ServerCommand.Listen;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Our answers beside those of nbdinfo and nbddump, mode by mode. docs/nbdinfo-differences.md lists what may differ; any
 * other difference fails here.
 */
interface PeerContract {
    /** The servers, the files and the peers of this run. */
    PeerComparison comparison();

    /** Command lines of nbdkit. */
    List<String> nbdkits();

    /** Reports in colours, if these peers have the newest colours. */
    List<String> colouredReports();

    /** Spellings of questions that these peers know. */
    List<String> spellings();

    @TestFactory
    default Stream<DynamicTest> answersAsNbdinfoOnNbdkit() {
        return nbdkits().stream()
                .map(line -> dynamicTest(line, () -> comparison().nbdinfo(nbdkit(line), questions(line))));
    }

    @Test
    default void answersAsNbdinfoForAnExportByName() throws IOException, InterruptedException {
        comparison().nbdinfo(nbdkit("file dir=@/exports").withExport("two words"), Questions.all());
        comparison().nbdinfo(nbdkit("file dir=@/exports").withExport("missing"), Questions.BRIEF);
        comparison().nbdinfo(nbdkit("info mode=exportname").withExport("naïve ☂"), Questions.all());
    }

    @Test
    default void knowsEverySpellingOfAFeature() throws IOException, InterruptedException {
        comparison().nbdinfo(nbdkit("memory 1M"), spellings());
        comparison().nbdinfo(nbdkit("-r --no-sr --filter=noextents memory 1M"), spellings());
    }

    @Test
    default void answersAsNbdinfoOverTls() throws Exception {
        Path keys = comparison().files().file("keys.psk");
        ServerCommand command = nbdkit("--tls=require --tls-psk=@/keys.psk memory 1M");
        try (RunningServer server = comparison().servers().start(command, Listen.UNIX)) {
            String uri = server.uri().toString().replace("nbd+unix://", "nbds+unix://alice@");
            comparison().ask("nbdinfo", Questions.all(), server, uri + "&tls-psk-file=" + keys);
            comparison()
                    .ask(
                            "nbdinfo",
                            List.of("", "--size", "--list", "--map"),
                            server,
                            server.uri().toString());
        }
    }

    @Test
    default void answersAsNbdinfoOverTlsWithCertificates() throws Exception {
        ServerCommand command =
                nbdkit("--tls=require --tls-verify-peer --tls-certificates=@/certificates -r memory 1M");
        // Over TCP: nbdinfo 1.14 takes no name to check for a Unix socket.
        try (RunningServer server = comparison().servers().start(command, Listen.TCP)) {
            String uri = server.uri().toString().replace("nbd:", "nbds:");
            var questions = new ArrayList<>(Questions.BRIEF);
            questions.addAll(List.of("--is tls", "--is read-only", "--can write"));
            comparison()
                    .ask(
                            "nbdinfo",
                            questions,
                            server,
                            uri + "?tls-certificates=" + comparison().files().file("certificates"));
        }
    }

    @Test
    default void quotesDescriptionsInJsonAsNbdinfo() throws IOException, InterruptedException {
        comparison()
                .nbdinfo(
                        nbdkit("--filter=exportname memory 1M exportname=a\\b exportname-list=explicit"
                                + " 'exportdesc=fixed:the \"disk\" of C:\\new\\\\x41 ☂'"),
                        List.of("--json", "--json --no-content", "--list --json"));
    }

    @Test
    default void answersAsNbdinfoOnAQcow2ChainWithBitmaps() throws IOException, InterruptedException {
        comparison()
                .nbdinfo(qemuNbd("-t -e 2 -r -A -f qcow2 -x disk @/top.qcow2").withExport("disk"), Questions.qemu());
        comparison().nbdinfo(qemuNbd("-t -r -f qcow2 -x disk @/top.qcow2"), Questions.BRIEF);
        comparison().nbdinfo(qemuNbd("-t -r -f raw @/odd"), Questions.all());
        comparison().nbdinfo(qemuNbd("-t -f qcow2 -B b1 @/fine.qcow2"), Questions.qemu());
        // At last: a server that is killed leaves bitmaps that nobody may use.
        comparison()
                .nbdinfo(qemuNbd("-t -e 8 -f qcow2 -B b0 -A -D 'a \"disk\" of three' @/top.qcow2"), Questions.qemu());
    }

    @Test
    default void dumpsAsNbddump() throws IOException, InterruptedException {
        for (String line : List.of(
                "pattern 1000",
                "null 0",
                "null 1",
                "null 16",
                "null 40",
                "null 48",
                "memory 1M",
                "sparse-random 64K",
                "--no-sr pattern 4096",
                "--filter=noextents null 100001",
                "file @/odd",
                "data ' @0x10 1*513 @0x10000 2 @0x10005 0xff' size=1000001",
                "data ' ( 0x00 0x1f 0x20 0x7e 0x7f 0x80 0xff \"Az09~!\" )*5 ' size=100",
                "--filter=blocksize-policy pattern 4096 blocksize-minimum=512 blocksize-error-policy=error",
                "--filter=extentlist memory 1M extentlist=@/extents")) {
            try (RunningServer server = comparison().servers().start(nbdkit(line), Listen.UNIX)) {
                comparison()
                        .ask(
                                "nbddump",
                                List.of("", "--no-color", "--color"),
                                server,
                                server.uri().toString());
            }
        }
    }

    /** nbddump squeezes the last line of a part where it repeats the one before; here no line does. */
    @Test
    default void dumpsPartsAsNbddump() throws IOException, InterruptedException {
        try (RunningServer server = comparison().servers().start(nbdkit("pattern 10000"), Listen.UNIX)) {
            comparison()
                    .ask(
                            "nbddump",
                            List.of(
                                    "--length=0",
                                    "--length=1",
                                    "--length=8",
                                    "--limit=15 --colors",
                                    "-n 16",
                                    "-n17",
                                    "--length 4095 --colour",
                                    "--len 100",
                                    "--length=9999",
                                    "--length=10000",
                                    "--length=10001",
                                    "--length=9223372036854775807",
                                    "--length=x"),
                            server,
                            server.uri().toString());
        }
    }

    @Test
    default void showsTheLastLineOfAPartWhichNbddumpSqueezes() throws IOException, InterruptedException {
        try (RunningServer server = comparison().servers().start(nbdkit("memory 1M"), Listen.UNIX)) {
            List<String> arguments = List.of("--length=1000", server.uri().toString());
            String ours = CommandInProcess.run("nbddump", arguments).out();
            String last = "00000003e0: 00 00 00 00 00 00 00 00                          |........        |\n";

            assertThat(ours).endsWith("*\n" + last);
            assertThat(ours.substring(0, ours.length() - last.length()))
                    .isEqualTo(comparison().theirs("nbddump", arguments).out());
        }
    }

    @Test
    default void endsAsTheyDoWhenTheCallIsWrong() throws IOException, InterruptedException {
        var softly = new SoftAssertions();
        for (String line : List.of(
                "",
                "--nonsense nbd://h",
                "-x nbd://h",
                "--can",
                "--map --size nbd://h",
                "--list --size nbd://h",
                "--can flush --size nbd://h",
                "--map --list nbd://h",
                "--totals nbd://h",
                "--size --totals nbd://h",
                "--content --no-content nbd://h",
                "--json=yes nbd://h",
                "http://h",
                "nbd+foo://h",
                "nbd+unix:///",
                "nbd+unix:///?socket=/nonexistent/socket",
                "nbd://127.0.0.1:1",
                "--can connect nbd://127.0.0.1:1",
                "--list nbd://127.0.0.1:1",
                "--map nbd://127.0.0.1:1",
                "file",
                "[",
                "]",
                "-- [ ]",
                "-- [ /nonexistent/program ]",
                "-- [ false ]")) {
            List<String> words = comparison().files().words(line);
            words.removeIf(String::isEmpty);
            comparison().ask(softly, "nbdinfo", words, "");
        }
        for (String line : List.of(
                "",
                "--nonsense nbd://h",
                "--length nbd://h",
                "--length=x nbd://127.0.0.1:1",
                "nbd://127.0.0.1:1",
                "nbd://127.0.0.1:1 nbd://127.0.0.1:1",
                "-- [ false ]")) {
            List<String> words = comparison().files().words(line);
            words.removeIf(String::isEmpty);
            comparison().ask(softly, "nbddump", words, "");
        }
        softly.assertAll();
    }

    /** nbd-server answers 0 bytes to INFO and the truth to GO; nbdinfo believes the former in its report, we the latter. */
    @Test
    default void answersAsNbdinfoOnNbdServerButForTheSize() throws IOException, InterruptedException {
        var questions = new ArrayList<>(Questions.all());
        questions.removeIf(each -> !each.startsWith("--map") && !each.startsWith("--can") && !each.startsWith("--is"));
        for (var settings :
                List.of(Map.of("flush", "true", "fua", "true"), Map.of("readonly", "true", "rotational", "true"))) {
            var command = ServerCommand.nbdServer("disk", comparison().files().file("disk"), settings);
            try (RunningServer server = comparison().servers().start(command, Listen.UNIX)) {
                String uri = server.uri().toString();
                comparison().ask("nbdinfo", questions, server, uri);
                assertThat(CommandInProcess.run("nbdinfo", List.of(uri)).out())
                        .contains("\texport-size: 1048576 (1M)\n\tcontent: ASCII text");
                assertThat(CommandInProcess.run("nbdinfo", List.of("--size", uri))
                                .out())
                        .isEqualTo("1048576\n");
                assertThat(comparison()
                                .theirs("nbdinfo", List.of("--no-content", uri))
                                .out())
                        .contains("\texport-size: 0\n");
            }
        }
    }

    /** Filters change one thing, and every question to the scripts of eval costs some dozen processes. */
    private List<String> questions(String line) {
        if (line.contains("--filter") || line.startsWith("eval") || line.contains("dir=")) {
            return Questions.BRIEF;
        }
        return Stream.concat(Questions.all().stream(), colouredReports().stream())
                .toList();
    }

    private ServerCommand nbdkit(String line) throws IOException, InterruptedException {
        return ServerCommand.nbdkit(comparison().files().words(line).toArray(String[]::new));
    }

    private ServerCommand qemuNbd(String line) throws IOException, InterruptedException {
        return ServerCommand.qemuNbd(comparison().files().words(line).toArray(String[]::new));
    }
}
