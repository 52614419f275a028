// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.ExportOptions;
import nbd4j.server.Fault;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CopyCommandTest {
    private static final int SIZE = (3 << 20) + 513;

    @TempDir
    private Path folder;

    private Path source;
    private Path target;

    @BeforeEach
    void writeASparseFile() throws Exception {
        source = folder.resolve("source.img");
        target = folder.resolve("target.img");
        byte[] bytes = new byte[SIZE];
        var random = new Random(42);
        for (int i = 0; i < 10; i++) {
            bytes[random.nextInt(SIZE)] = (byte) (i + 1);
        }
        Files.write(source, bytes);
    }

    @Test
    void copiesAFile() throws Exception {
        assertThat(Run.nbd("copy", source.toString(), target.toString())).isEqualTo(new Run(0, "", ""));
        assertThat(target).hasSameBinaryContentAs(source);
    }

    @Test
    void takesTheCommandLinesOfNbdcopy() throws Exception {
        for (List<String> options : List.of(
                List.of("--allocated", "-C", "8", "--flush", "--no-extents"),
                List.of("--connections=2", "--queue-size=1M", "--request-size=65536", "-R", "4", "-S0", "-T4"),
                List.of("--synchronous", "--requests=1", "--sparse=512", "--threads", "0"),
                List.of("--dest", "--thr=1", "--conn=8", "--queue=32K", "--request-size=32K"))) {
            var words = new ArrayList<>(options);
            words.add(source.toString());
            words.add("--");
            words.add("null:");
            assertThat(Run.as("nbdcopy", words.toArray(String[]::new)))
                    .as("%s", options)
                    .isEqualTo(new Run(0, "", ""));
        }
    }

    @Test
    void copiesToAndFromPipes() throws Exception {
        var out = new ByteArrayOutputStream();
        var environment = new Environment("nbd", false, false, 80, Map.of(), Signals.NONE);
        int exitCode =
                Main.run(new ByteArrayInputStream(Files.readAllBytes(source)), out, out, environment, "copy", "-", "-");

        assertThat(out.toByteArray()).isEqualTo(Files.readAllBytes(source));
        assertThat(exitCode).isZero();
    }

    @Test
    void tellsWhatItDoes() {
        Run run = Run.nbd("copy", "-v", "--progress", source.toString(), "null:");

        assertThat(run.err())
                .contains("nbd copy: source: " + source + ", 3146241 bytes (3146241), ")
                .contains("nbd copy: destination: null:, unknown size, ")
                .contains("nbd copy: connections=4 requests=64 request-size=1048576 sparse=4096 synchronous=false")
                .contains("nbd copy: 100% 3.0 MiB of 3.0 MiB, ")
                .contains("nbd copy: copied 3.0 MiB in ");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void drawsABarOnATerminal() {
        var err = new ByteArrayOutputStream();
        var environment = new Environment("nbd", false, true, 100, Map.of(), Signals.NONE);
        int exitCode = Main.run(
                new ByteArrayInputStream(new byte[0]), err, err, environment, "copy", "-p", source.toString(), "null:");

        assertThat(exitCode).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("\r[")
                .contains("\r[######################################] 100% 3.0 MiB of 3.0 MiB, ")
                .endsWith("\u001b[K\n");
    }

    @Test
    void tellsTheEndInOneLineWithoutATerminal() {
        Run run = Run.nbd("copy", "-p", source.toString(), target.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).startsWith("nbd copy: 100% ").hasLineCount(1).doesNotContain(" 0 bytes/s");
    }

    @Test
    void writesProgressToADescriptorAsNbdcopyDoes() {
        Run run = Run.as("nbdcopy", "--progress=1", source.toString(), "null:");

        assertThat(run.out()).startsWith("0/100\n").endsWith("100/100\n");
        assertThat(run.out().lines()).doesNotHaveDuplicates().allMatch(line -> line.endsWith("/100"));
    }

    @Test
    void refusesWrongCalls() {
        assertThat(Run.nbd("copy", "only-one")).isEqualTo(new Run(2, "", """
                nbd copy: say what to copy and where to: SOURCE DESTINATION; got 1
                nbd copy: try: nbd copy --help
                """));
        assertThat(Run.nbd("copy", "--request-size=3000", "a", "b")).isEqualTo(new Run(2, "", """
                nbd copy: --request-size: 3000 is not a power of two from 4096 to 33554432
                nbd copy: try: nbd copy --help
                """));
        assertThat(Run.as("nbdcopy", "--conections=4", "a", "b")).isEqualTo(new Run(1, "", """
                nbdcopy: unknown option --conections; did you mean --connections?
                nbdcopy: try: nbdcopy --help
                """));
        assertThat(Run.nbd("copy", "null:", "b").err()).startsWith("nbd copy: null: keeps nothing, ");
        assertThat(Run.nbd("copy", "--sparse=100", "a", "b").exitCode()).isEqualTo(2);
        assertThat(Run.nbd("copy", "--flush", "--no-flush", "a", "b").exitCode())
                .isEqualTo(2);
        assertThat(Run.nbd("copy", "--progress=77", source.toString(), "null:").err())
                .startsWith("nbd copy: --progress: file descriptor 77 is not open\n");
    }

    @Test
    void saysWhichEndFailedAndLeavesNoTarget() {
        Run run = Run.nbd("copy", folder.resolve("missing").toString(), target.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("nbd copy: source: ")
                .contains("missing")
                .hasLineCount(1);
        assertThat(target).doesNotExist();
    }

    @Test
    void refusesToCopyAFileOntoItself() throws Exception {
        Run run = Run.nbd("copy", source.toString(), source.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("is the source itself");
        assertThat(Files.size(source)).isEqualTo(SIZE);
    }

    @Test
    void copiesBetweenServersWithoutReadingHolesAndFlushes() throws Exception {
        var written = MemoryStorage.of(ServedDisk.MIB);
        try (NbdServer from = ServedDisk.start(ServedDisk.MIB);
                NbdServer to = NbdServer.start(
                        ServerOptions.defaults().withRequestLog(1000).withExport(ExportOptions.of("", written)))) {
            assertThat(Run.nbd("copy", from.uri().toString(), to.uri().toString()))
                    .isEqualTo(new Run(0, "", ""));

            assertThat(from.requestLog().requests(Command.READ)).allMatch(read -> read.offset() < 64 << 10);
            List<Command> sent = to.requestLog().requests().stream()
                    .map(LoggedRequest::command)
                    .filter(command -> command != Command.DISC && command != Command.BLOCK_STATUS)
                    .toList();
            assertThat(sent).contains(Command.WRITE).endsWith(Command.FLUSH);
            var bytes = ByteBuffer.allocate(ServedDisk.MIB);
            written.read(0, bytes);
            assertThat(bytes.array()[65_535]).isEqualTo((byte) 'A');
            assertThat(bytes.array()[65_536]).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 130, SIGINT", "15, 143, SIGTERM"})
    void stopsOnASignal(int signal, int exitCode, String name) throws Exception {
        try (NbdServer from = ServedDisk.start(ServedDisk.MIB)) {
            from.faults().add(Fault.on(Command.READ).delay(Duration.ofMillis(500)));
            var out = new ByteArrayOutputStream();
            var err = new ByteArrayOutputStream();
            var environment = new Environment("nbd", false, false, 80, Map.of(), action -> action.accept(signal));
            int ended = Main.run(
                    new ByteArrayInputStream(new byte[0]),
                    out,
                    err,
                    environment,
                    "copy",
                    from.uri().toString(),
                    target.toString());

            assertThat(ended).isEqualTo(exitCode);
            assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("nbd copy: stopped by " + name + "\n");
            assertThat(target).doesNotExist();
        }
    }

    @Test
    void saysWhatFailedAndWhere() throws Exception {
        try (NbdServer from = ServedDisk.start(ServedDisk.MIB)) {
            from.faults().add(Fault.on(Command.READ).fail(ErrorCode.EIO));
            Run run = Run.nbd("copy", "--retry-for=0", from.uri().toString(), target.toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .startsWith("nbd copy: source: ")
                    .contains("EIO")
                    .hasLineCount(1);
            assertThat(target).doesNotExist();
        }
    }
}
