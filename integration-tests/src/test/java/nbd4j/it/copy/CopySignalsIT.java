// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import nbd4j.it.LocalProcesses;
import nbd4j.it.Needs;
import nbd4j.it.Servers;
import nbd4j.it.Tools;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A copy that is told to stop, and the limits of time that the command takes. */
@Needs.Nbdkit
@Needs.Launcher
final class CopySignalsIT {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final String SLOW = "--filter=rate pattern 1G rate=40M";

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    private Path folder;

    private static NbdkitLog log(Path file) {
        try {
            return NbdkitLog.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void endsACopyToAServerInOrder(String signal, int exitCode) throws IOException, InterruptedException {
        try (FaultBench bench =
                        new FaultBench(SERVERS.provider(), folder).source(SLOW).target("memory 1G");
                Child child = Child.startCopy(
                        bench.sourceServer().uri().toString(),
                        bench.targetServer().uri().toString())) {
            child.runsUntil(
                    "something was written", () -> log(bench.targetLog()).has("\\.\\.\\.Write"));
            child.signal(signal);
            Tools.Result ended = child.ends(SOON);

            assertThat(ended.exitCode()).isEqualTo(exitCode);
            assertThat(ended.err())
                    .isEqualTo("nbd copy: stopped by SIG" + signal + "; the destination is incomplete\n");
            bench.requireServersUnharmed();
            NbdkitLog target = log(bench.targetLog());
            assertThat(target.requests("Write"))
                    .as("every write was answered before the end")
                    .hasSize((int) target.count("...Write"));
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void leavesAFileAsItWas(String signal, int exitCode) throws IOException, InterruptedException {
        Path existing = Files.writeString(folder.resolve("existing"), "precious", UTF_8);
        try (FaultBench bench = new FaultBench(SERVERS.provider(), folder).source(SLOW);
                Child child = Child.startCopy(bench.sourceServer().uri().toString(), existing.toString())) {
            child.runsUntil("something was read", () -> log(bench.sourceLog()).has("\\.\\.\\.Read"));
            child.signal(signal);
            Tools.Result ended = child.ends(SOON);

            assertThat(ended.exitCode()).isEqualTo(exitCode);
            assertThat(ended.err()).isEqualTo("nbd copy: stopped by SIG" + signal + "\n");
            assertThat(existing).hasContent("precious");
            assertThat(folder.resolve("existing.partial")).doesNotExist();
            bench.requireServersUnharmed();
        }
    }

    @Test
    void endsSoonThoughTheServerIsSilent() throws IOException, InterruptedException {
        try (FaultBench bench =
                        new FaultBench(SERVERS.provider(), folder).source("--filter=delay pattern 1G rdelay=600");
                Child child = Child.startCopy(bench.sourceServer().uri().toString(), "null:")) {
            child.runsUntil("a read is in flight", () -> log(bench.sourceLog()).has(" Read "));
            long begun = System.nanoTime();
            child.signal("INT");
            assertThat(child.ends(Duration.ofSeconds(10)).exitCode()).isEqualTo(130);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
        }
    }

    @Test
    void endsAtOnceAtTheSecondSignal() throws IOException, InterruptedException {
        try (FaultBench bench =
                        new FaultBench(SERVERS.provider(), folder).source("--filter=delay pattern 1G rdelay=600");
                Child child = Child.startCopy(bench.sourceServer().uri().toString(), "null:")) {
            child.runsUntil("a read is in flight", () -> log(bench.sourceLog()).has(" Read "));
            child.signal("TERM");
            // Two signals at once would be one: the second is sent until it was seen.
            long begun = System.nanoTime();
            while (child.runs() && System.nanoTime() - begun < SOON.toNanos()) {
                Tools.run("kill", "-INT", String.valueOf(child.pid()));
            }
            assertThat(child.ends(SOON).exitCode()).isIn(130, 143);
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
        }
    }

    @Test
    void givesUpASilentServerAfterTheTimeout() throws IOException, InterruptedException {
        try (FaultBench bench =
                new FaultBench(SERVERS.provider(), folder).source("--filter=delay pattern 1M rdelay=600")) {
            FaultOutcome outcome = bench.copyTo("null:", "--timeout=1s", "--retry-for=0");

            assertThat(log(bench.sourceLog()).has(" Read ")).isTrue();
            assertThat(outcome.result().exitCode()).isEqualTo(1);
            assertThat(outcome.result().err())
                    .contains("nbd copy: source: read of")
                    .containsPattern("the server sent nothing for 1\\d\\d\\d ms");
            assertThat(outcome.elapsed()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(15));
        }
    }

    @Test
    void triesOnceWhereNothingIsToBeRepeated() throws IOException, InterruptedException {
        try (FaultBench bench =
                new FaultBench(SERVERS.provider(), folder).source("--filter=error pattern 1M error-pread-rate=100%")) {
            FaultOutcome outcome = bench.copyTo("null:", "--retry-for=0", "-C", "1", "-R", "1", "--synchronous");

            assertThat(outcome.result().exitCode()).isEqualTo(1);
            assertThat(log(bench.sourceLog()).requests("Read")).hasSize(1);
        }
    }
}
