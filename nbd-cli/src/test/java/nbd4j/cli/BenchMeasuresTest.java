// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import nbd4j.server.Command;
import nbd4j.server.ExportOptions;
import nbd4j.server.Fault;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code nbd bench} measures, and when it counts. */
@Timeout(60)
class BenchMeasuresTest {
    private static final int SIZE = 1 << 20;

    private final MemoryStorage storage = MemoryStorage.of(SIZE);
    private NbdServer server;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        server = NbdServer.start(
                ServerOptions.defaults().withRequestLog(200_000).withExport(ExportOptions.of("", storage)));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Run bench(String... options) {
        return Run.nbd(Stream.of(
                        Stream.of("bench"),
                        Stream.of(options),
                        Stream.of(server.uri().toString()))
                .flatMap(each -> each)
                .toArray(String[]::new));
    }

    private static double number(String json, String key) {
        int from = json.indexOf("\"" + key + "\": ") + key.length() + 4;
        return Double.parseDouble(json.substring(from).split("[,}]", 2)[0]);
    }

    private List<LoggedRequest> sent(Command command) {
        return server.requestLog().requests(command);
    }

    @Test
    void endsInTimeAndChargesWhatItCouldNotSend() {
        server.faults().add(Fault.on(Command.READ).delay(Duration.ofMillis(20)));

        Run run = bench("--rate=10000", "--json", "--duration=500ms", "--warm-up=0");

        // 5000 requests are due, one at a time can be done in 20 ms, so at most 25 are.
        assertThat(sent(Command.READ)).hasSizeBetween(1, 26);
        assertThat(number(run.out(), "requests")).isBetween(1.0, 25.0);
        assertThat(number(run.out(), "unsent"))
                .isEqualTo(5000 - sent(Command.READ).size());
        // They were due evenly over half a second, so half of them had waited for a quarter of a second and more.
        assertThat(number(run.out(), "p50")).isBetween(200_000.0, 350_000.0);
        assertThat(bench("--rate=10000", "--duration=100ms", "--warm-up=0").out())
                .containsPattern("9[0-9][0-9] requests more were due and not sent: the rate is too high");
    }

    @Test
    void sendsAsManyRequestsAsTheRateSays() {
        Run run = bench("--rate=100", "--json", "--duration=1s", "--warm-up=0", "--depth=4");

        assertThat(sent(Command.READ)).hasSizeBetween(50, 100);
        assertThat(number(run.out(), "requests") + number(run.out(), "unsent")).isBetween(95.0, 100.0);
        assertThat(run.out()).contains("\"rate\": 100.000");
    }

    @Test
    void countsTheLatencyOfRequestsThatTheEndOvertook() {
        server.faults().add(Fault.on(Command.READ).delay(Duration.ofMillis(400)));

        Run run = bench("--json", "--duration=100ms", "--warm-up=0");

        assertThat(number(run.out(), "requests")).isZero();
        assertThat(number(run.out(), "max")).isGreaterThanOrEqualTo(400_000);
    }

    @Test
    void countsOnlyWhatBeganAfterTheWarmUp() {
        server.faults().add(Fault.on(Command.READ).delay(Duration.ofMillis(10)));

        Run run = bench("--json", "--duration=200ms", "--warm-up=600ms");

        int requests = (int) number(run.out(), "requests");
        assertThat(requests).isBetween(1, 20);
        assertThat(sent(Command.READ)).hasSizeGreaterThan(requests);
        assertThat(number(run.out(), "iops")).isEqualTo(requests / 0.2);
        assertThat(number(run.out(), "bytes_per_second")).isEqualTo(4096 * requests / 0.2);
        assertThat(run.out()).contains("\"duration_s\": 0.200, \"warmup_s\": 0.600");
    }

    @Test
    void staysInsideTheRangeItWasGiven() {
        for (String access : List.of("read", "randread", "write", "randwrite", "zero", "trim")) {
            assertThat(bench(
                                    "--rw=" + access,
                                    "--write",
                                    "--offset=64K",
                                    "--size=100K",
                                    "--bs=8K",
                                    "--depth=2",
                                    "--duration=50ms",
                                    "--warm-up=0")
                            .exitCode())
                    .isZero();
        }
        // 100 KiB hold twelve blocks of 8 KiB.
        assertThat(server.requestLog().requests())
                .filteredOn(request -> request.command() != Command.DISC)
                .isNotEmpty()
                .allSatisfy(request -> {
                    assertThat(request.offset()).isBetween(64L << 10, (64L << 10) + 11 * 8192);
                    assertThat(request.length()).isEqualTo(8192);
                })
                .extracting(LoggedRequest::offset)
                .contains(64L << 10, (64L << 10) + 11 * 8192);
    }

    @Test
    void keepsAsManyRequestsInFlightOnAsManyConnectionsAsAsked() {
        server.faults().add(Fault.on(Command.READ).delay(Duration.ofMillis(400)));

        Run run = bench("-C", "3", "--depth=5", "--json", "--duration=700ms", "--warm-up=0");

        assertThat(server.acceptedCount()).isEqualTo(3);
        // Each worker begins at once, and again when its first request is done.
        assertThat(sent(Command.READ)).hasSizeBetween(15, 30);
        assertThat(run.out()).contains("\"depth\": 5, \"connections\": 3");
    }

    @Test
    void mixesReadsAndWritesAsAsked() {
        bench("--rw=randrw", "--read-percent=100", "--write", "--duration=50ms", "--warm-up=0");
        assertThat(sent(Command.READ)).isNotEmpty();
        assertThat(sent(Command.WRITE)).isEmpty();

        bench("--rw=randrw", "--read-percent=0", "--write", "--duration=50ms", "--warm-up=0");
        assertThat(sent(Command.WRITE)).isNotEmpty();
    }

    @Test
    void sweepsEveryCombinationAndDrawsEachSetting() throws IOException {
        Path page = folder.resolve("report.html");

        Run run = bench(
                "--sweep=depth=1,2,4",
                "--sweep=connections=1,2",
                "--json",
                "--html=" + page,
                "--duration=20ms",
                "--warm-up=0");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines().filter(line -> line.startsWith("{\"iops\"")))
                .hasSize(6);
        String html = Files.readString(page);
        assertThat(html)
                .contains("Scaling over depth", "Scaling over connections")
                .doesNotContain("Scaling over bs");
        // A line of each number of connections over depth has three points.
        assertThat(html)
                .contains(">1 connections, 4096 bytes<", ">2 connections, 4096 bytes<", ">depth 4, 4096 bytes<");
    }
}
