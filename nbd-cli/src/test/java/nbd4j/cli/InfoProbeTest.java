// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import nbd4j.server.Capability;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.Fault;
import nbd4j.server.NbdServer;
import org.junit.jupiter.api.Test;

/** {@code nbd info --probe}. */
final class InfoProbeTest {
    @Test
    void measuresAndChooses() throws Exception {
        try (NbdServer server = ServedDisk.start(64 * ServedDisk.MIB)) {
            Run run = Run.nbd("info", "--probe", server.uri().toString());

            assertThat(run.err()).isEmpty();
            assertThat(run.out()).matches("""
                    export: nbd://127\\.0\\.0\\.1:%d/
                    size: 67108864 \\(64M\\)
                    block sizes: minimum 1, preferred 4096, maximum 33554432 \\(as the server says\\)
                    latency: median [0-9]+\\.[0-9]{3} ms, minimum [0-9]+\\.[0-9]{3} ms \\(([1-9]|1[0-9]|20) reads of 512 bytes\\)
                    single stream: [0-9.]+ [KMG]iB/s \\([0-9.]+ [KM]iB in [0-9.]+ s, 1 in flight of 1048576 bytes\\)
                    parallel: [0-9.]+ [KMG]iB/s \\([0-9.]+ [KM]iB in [0-9.]+ s, 64 in flight of 1048576 bytes\\)
                    a copy from here would choose
                    \trequest size: 1048576 \\(as the options of the copy say; no limit is lower\\)
                    \tdepth: 64 \\(several limits meet, instead of 256\\)
                    \tconnections: 4 \\(as the options of the copy say\\)
                    """.formatted(server.port()));
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void readsNoMoreThanItPromisesAndWritesNothing() throws Exception {
        try (NbdServer server = ServedDisk.start(16 * ServedDisk.MIB)) {
            Run.nbd("info", "--probe", server.uri().toString());

            assertThat(server.requestLog().requests())
                    .isNotEmpty()
                    .allMatch(request -> request.command() == Command.READ || request.command() == Command.DISC);
            assertThat(server.requestLog().requests().stream()
                            .mapToLong(request -> request.length())
                            .sum())
                    .isLessThanOrEqualTo(256L << 20);
        }
    }

    @Test
    void obeysOddBlockSizesAndOneConnection() throws Exception {
        try (NbdServer server =
                ServedDisk.start(5 * 4096, export -> export.withBlockSizes(4096, 4096, 8192), Capability.MULTI_CONN)) {
            Run run = Run.nbd("info", "--probe", server.uri().toString());

            assertThat(run.out())
                    .contains(" reads of 4096 bytes)\n")
                    .contains("\trequest size: 8192 (the source's block sizes 4096/4096/8192, instead of 1048576)\n")
                    .contains("\tdepth: 3 (the disk has no more requests of this size, instead of 256)\n")
                    .contains("\tconnections: 1 (the server does not say that several are consistent (multi-conn), ");
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void measuresDisksSmallerThanABlockAndNothingOfEmptyOnes() throws Exception {
        try (NbdServer tiny = ServedDisk.start(7);
                NbdServer empty = ServedDisk.start(0)) {
            assertThat(Run.nbd("info", "--probe", tiny.uri().toString()).out()).contains(" reads of 7 bytes)\n");

            Run run = Run.nbd("info", "--probe", empty.uri().toString());
            assertThat(run.out())
                    .contains("\nnothing to measure: there is nothing to read\n")
                    .contains("\trequest size: 1048576 ");
            assertThat(run.exitCode()).isZero();
            assertThat(Run.nbd("info", "--probe", "--json", empty.uri().toString())
                            .out())
                    .contains("\t\"latency\": null,\n\t\"single-stream\": null,\n\t\"parallel\": null,\n");
        }
    }

    @Test
    void measuresInJson() throws Exception {
        try (NbdServer server = ServedDisk.start(4 * ServedDisk.MIB)) {
            Run run = Run.nbd("info", "--probe", "--json", server.uri().toString());

            assertThat(run.out()).matches("""
                    \\{
                    \t"uri": "nbd://127\\.0\\.0\\.1:%d/",
                    \t"export-name": "",
                    \t"export-size": 4194304,
                    \t"block-sizes": \\{
                    \t\t"minimum": 1,
                    \t\t"preferred": 4096,
                    \t\t"maximum": 33554432,
                    \t\t"advertised": true
                    \t\\},
                    \t"latency": \\{
                    \t\t"median-nanos": [0-9]+,
                    \t\t"minimum-nanos": [0-9]+,
                    \t\t"reads": [0-9]+,
                    \t\t"block": 512
                    \t\\},
                    \t"single-stream": \\{
                    \t\t"bytes-per-second": [1-9][0-9]*,
                    \t\t"bytes": [1-9][0-9]*,
                    \t\t"nanos": [1-9][0-9]*,
                    \t\t"depth": 1,
                    \t\t"block": 1048576
                    \t\\},
                    \t"parallel": \\{
                    \t\t"bytes-per-second": [1-9][0-9]*,
                    \t\t"bytes": [1-9][0-9]*,
                    \t\t"nanos": [1-9][0-9]*,
                    \t\t"depth": 4,
                    \t\t"block": 1048576
                    \t\\},
                    \t"copy": \\{
                    (?s:.*)\t\\}
                    \\}
                    """.formatted(server.port()));
        }
    }

    @Test
    void printsNothingWhenAReadFails() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB)) {
            server.faults().add(Fault.on(Command.READ).fail(ErrorCode.EIO));
            Run run = Run.nbd("info", "--probe", server.uri().toString());

            assertThat(run.out()).isEmpty();
            assertThat(run.err()).contains("EIO");
            assertThat(run.exitCode()).isEqualTo(1);
        }
    }

    @Test
    void refusesWrongCalls() {
        assertThat(Run.nbd("info", "--probe", "nbd://a", "nbd://b")).isEqualTo(new Run(2, "", """
                nbd info: one export is enough, but got 2
                nbd info: try: nbd info --help
                """));
        assertThat(Run.nbd("info", "--probe", "--size", "nbd://a")).isEqualTo(new Run(2, "", """
                nbd info: you can use --probe alone or with --plan, but not with --size
                nbd info: try: nbd info --help
                """));
        assertThat(Run.nbd("info", "--probe=5", "nbd://a").exitCode()).isEqualTo(2);
        assertThat(Run.nbd("info", "--probe").err()).startsWith("nbd info: say which export");
    }
}
