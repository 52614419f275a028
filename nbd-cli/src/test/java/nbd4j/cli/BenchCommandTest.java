// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.xml.parsers.DocumentBuilderFactory;
import nbd4j.server.Capability;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

class BenchCommandTest {
    private static final int SIZE = 1 << 20;

    private final MemoryStorage storage = MemoryStorage.of(SIZE);
    private NbdServer server;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        server = serve(ExportOptions.of("", storage));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static NbdServer serve(ExportOptions export) throws IOException {
        return NbdServer.start(ServerOptions.defaults().withRequestLog(200_000).withExport(export));
    }

    private Run bench(String... options) {
        String[] args = new String[options.length + 4];
        args[0] = "bench";
        args[1] = "--duration=200ms";
        args[2] = "--warm-up=10ms";
        System.arraycopy(options, 0, args, 3, options.length);
        args[args.length - 1] = server.uri().toString();
        return Run.nbd(args);
    }

    @ParameterizedTest
    @CsvSource({"read,READ", "randread,READ", "write,WRITE", "randwrite,WRITE", "zero,WRITE_ZEROES", "trim,TRIM"})
    void sendsOnlyTheRequestsThatWereAskedFor(String access, Command command) {
        Run run = bench("--rw=" + access, "--bs=8K", "--depth=3", "--write");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains(access + ", 8192 bytes, depth 3, 1 connection", "requests/s", "p99.9");
        assertThat(server.requestLog().requests(command)).isNotEmpty().allSatisfy(request -> {
            assertThat(request.length()).isEqualTo(8192);
            assertThat(request.offset() % 8192).isZero();
        });
        assertThat(server.requestLog().requests())
                .extracting(LoggedRequest::command)
                .containsOnly(command, Command.DISC);
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "randwrite", "randrw", "zero", "trim"})
    void writesNothingUnlessToldTo(String access) {
        Run run = bench("--rw=" + access);

        assertThat(run).isEqualTo(new Run(2, "", """
                nbd bench: --rw=%s overwrites the export: say --write if that is wanted
                nbd bench: try: nbd bench --help
                """.formatted(access)));
        assertThat(server.acceptedCount()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "randwrite", "randrw", "zero"})
    void readsBackWhatItWrote(String access) {
        Run run = bench("--rw=" + access, "--write", "--verify", "--depth=2", "-C", "2", "--size=256K");

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).containsPattern("verified: [1-9][0-9]* blocks read back as written");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void findsWhatTheServerDidNotKeep() {
        try (var forgetful = lying()) {
            Run run = Run.nbd(
                    "bench",
                    "--rw=write",
                    "--write",
                    "--verify",
                    "--duration=100ms",
                    "--warm-up=0",
                    forgetful.uri().toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err()).containsPattern("nbd bench: verification failed: the byte at [0-9]+ reads as 0x00");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A server that answers writes and forgets them. */
    private static NbdServer lying() throws IOException {
        return serve(ExportOptions.of("", new ForgetfulStorage(SIZE)));
    }

    @Test
    void tellsEverythingInJson() {
        Run run = bench("--rw=randrw", "--read-percent=70", "--write", "--json", "--depth=4", "--seed=7");

        assertThat(run.out())
                .startsWith("{\"iops\": ")
                .contains("\"bytes_per_second\": ", "\"latency_us\": {\"min\": ", "\"p99.99\": ", "\"max\": ")
                .contains("\"read_latency_us\": ", "\"write_latency_us\": ")
                .contains("\"settings\": {\"rw\": \"randrw\", \"bs\": 4096, \"depth\": 4, \"connections\": 1, ")
                .contains("\"read_percent\": 70, \"seed\": 7, ")
                .endsWith("}}\n");
        long reads = server.requestLog().requests(Command.READ).size();
        long writes = server.requestLog().requests(Command.WRITE).size();
        assertThat(100.0 * reads / (reads + writes)).isBetween(60.0, 80.0);
    }

    @Test
    void runsOnceForEachStepOfASweepAndDrawsThem() throws Exception {
        Path page = folder.resolve("report.html");

        Run run = bench("--sweep=depth=1,4", "--sweep=bs=4K,64K", "--json", "--html=" + page, "--duration=1s");

        assertThat(run.out()).startsWith("{\"sweep\": [\n");
        assertThat(run.out().lines().filter(line -> line.startsWith("{\"iops\"")))
                .hasSize(4);
        String html = Files.readString(page);
        assertThat(html)
                .doesNotContain("<script", "http://", "https://")
                .contains("Scaling over depth", "Scaling over bs", "Latency distribution", "Throughput over time");
        for (String chart : html.split("(?=<svg )", -1)) {
            if (chart.startsWith("<svg ")) {
                String svg = chart.substring(0, chart.indexOf("</svg>") + 6);
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
                assertThat(svg).doesNotContain("NaN", "Infinity");
            }
        }
    }

    @Test
    void keepsToARateAndChargesDelaysToTheRequestsTheyDelay() {
        server.faults().add(Fault.on(Command.READ).delay(Duration.ofMillis(20)));

        Run run = bench("--rate=200", "--json", "--duration=500ms", "--warm-up=0");

        // One request at a time of 20 ms each: of 200 a second at most 50 are done, and each waits for those before it.
        double iops = number(run.out(), "\"iops\": ");
        assertThat(iops).isBetween(1.0, 60.0);
        assertThat(number(run.out(), "\"p90\": ")).isGreaterThan(100_000);
    }

    private static double number(String json, String key) {
        int from = json.indexOf(key) + key.length();
        return Double.parseDouble(json.substring(from).split("[,}]", 2)[0]);
    }

    @Test
    void failsWithTheServersError() {
        server.faults().add(Fault.on(Command.READ).fail(5, "disk on fire"));

        Run run = bench();

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .containsPattern("nbd bench: read of 4096 bytes at [0-9]+ from .* failed: EIO \\(5\\): disk on fire\n");
    }

    @Test
    void refusesWhatMakesNoSense() throws IOException {
        assertThat(bench("--rw=sideways").err()).startsWith("nbd bench: --rw: 'sideways' is not one of [read, write,");
        assertThat(bench("--sweep=colour=1,2").err()).startsWith("nbd bench: --sweep: 'colour=1,2' is not depth=N,N,");
        assertThat(bench("--verify").err()).startsWith("nbd bench: --verify needs an access that writes");
        assertThat(bench("--bs=2M").err()).isEqualTo("nbd bench: the range of 0 bytes holds no request of 2097152\n");
        assertThat(bench("--offset=2M").err())
                .startsWith("nbd bench: --offset: 2097152 is behind the end of the export, 1048576");
        try (var single = serve(ExportOptions.of("", storage).without(Capability.MULTI_CONN))) {
            assertThat(Run.nbd(
                                    "bench",
                                    "--rw=write",
                                    "--write",
                                    "-C2",
                                    single.uri().toString())
                            .err())
                    .startsWith("nbd bench: 2 connections cannot write: the server does not keep");
        }
    }

    /** Reads as zeroes whatever was written. */
    private static final class ForgetfulStorage implements nbd4j.server.Storage {
        private final long size;

        ForgetfulStorage(long size) {
            this.size = size;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void read(long offset, ByteBuffer into) {
            while (into.hasRemaining()) {
                into.put((byte) 0);
            }
        }

        @Override
        public void write(long offset, ByteBuffer from) {
            from.position(from.limit());
        }

        @Override
        public void zero(long offset, long length, nbd4j.server.ZeroMode mode) {
            // Zeroes are all it has.
        }

        @Override
        public void flush() {
            // Nothing to keep.
        }
    }
}
