// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import nbd4j.server.Capability;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.ExportOptions;
import nbd4j.server.Extent;
import nbd4j.server.Fault;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InfoCommandTest {
    private static final String BITMAP = "qemu:dirty-bitmap:b0";

    @Test
    void reportsOnAnExport() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB)) {
            Run run = Run.nbd("info", "--no-content", server.uri().toString());

            assertThat(run.err()).isEmpty();
            assertThat(run.out()).isEqualTo("""
                    protocol: newstyle-fixed without TLS, using extended packets
                    export="":
                    \texport-size: 1048576 (1M)
                    \turi: nbd://127.0.0.1:%d/
                    \tcontexts:
                    \t\tbase:allocation
                    \tis_rotational: false
                    \tis_read_only: false
                    \tcan_block_status_payload: true
                    \tcan_cache: true
                    \tcan_df: true
                    \tcan_fast_zero: true
                    \tcan_flush: true
                    \tcan_fua: true
                    \tcan_multi_conn: true
                    \tcan_trim: true
                    \tcan_zero: true
                    \tblock_size_minimum: 1
                    \tblock_size_preferred: 4096 (4K)
                    \tblock_size_maximum: 33554432 (32M)
                    """.formatted(server.port()));
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void reportsInColours() throws Exception {
        try (NbdServer server =
                ServedDisk.start(ServedDisk.MIB, export -> export.withDescription("a disk"), Capability.TRIM)) {
            Run run = Run.nbd("info", "--color", server.uri().toString());

            assertThat(run.out()).matches("""
                    protocol: newstyle-fixed without TLS, using extended packets
                    \u001b\\[1;35mexport="":
                    \tdescription: a disk
                    \texport-size: 1048576 \\(1M\\)
                    \tcontent: ASCII text.*
                    \u001b\\[0m\turi: nbd://127.0.0.1:%d/
                    \tcontexts:
                    \t\tbase:allocation
                    \tis_rotational: false
                    \tis_read_only: false
                    \u001b\\[22;32m\tcan_block_status_payload: true
                    (?s:.*)
                    \u001b\\[0m\u001b\\[22;31m\tcan_trim: false
                    \u001b\\[0m\u001b\\[22;32m\tcan_zero: true
                    \u001b\\[0m\tblock_size_minimum: 1
                    \tblock_size_preferred: 4096 \\(4K\\)
                    \tblock_size_maximum: 33554432 \\(32M\\)
                    """.formatted(server.port()));
        }
    }

    @Test
    void leavesOutTheContentThatCannotBeRead() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB)) {
            server.faults().add(Fault.on(Command.READ).fail(ErrorCode.EIO));
            Run run = Run.nbd("info", server.uri().toString());

            assertThat(run.out()).contains("export-size: 1048576").doesNotContain("content");
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void reportsInJson() throws Exception {
        try (NbdServer server = ServedDisk.start(
                513,
                export -> export.withDescription("a \"disk\" of C:\\one").withReadOnly(),
                Capability.EXTENDED_HEADERS)) {
            Run run = Run.as("nbdinfo", "--json", "--no-content", server.uri().toString());

            assertThat(run.out()).startsWith("""
                    {
                    "protocol": "newstyle-fixed",
                    "TLS": false,
                    "structured": true,
                    "extended": false,
                    "exports": [
                    \t{
                    \t"export-name": "",
                    \t"description": "a \\"disk\\" of C:\\\\one",
                    \t"uri": "nbd://127.0.0.1:%d/",
                    \t"contexts": [
                    \t\t"base:allocation"
                    \t],
                    \t"is_rotational": false,
                    \t"is_read_only": true,
                    """.formatted(server.port()));
            assertThat(run.out()).endsWith("""
                    \t"export-size": 513,
                    \t"export-size-str": "513"
                    \t} ]
                    }
                    """);
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void asksFileWhatTheExportHolds() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB)) {
            Run run = Run.nbd("info", server.uri().toString());

            assertThat(run.out()).contains("\tcontent: ASCII text, with very long lines");
        }
    }

    @Test
    void listsAllExportsWithTheirDescriptions() throws Exception {
        try (NbdServer server = NbdServer.start(ServerOptions.defaults()
                .withExport(ExportOptions.of("one", MemoryStorage.of(1024)).withDescription("first"))
                .withExport(ExportOptions.of("two", MemoryStorage.of(2048))))) {
            Run run = Run.nbd("info", "-L", server.uri("").toString());

            assertThat(run.out()
                            .lines()
                            .filter(line -> line.startsWith("export=")
                                    || line.contains("export-size")
                                    || line.contains("description")
                                    || line.contains("uri")))
                    .containsExactlyInAnyOrder(
                            "export=\"one\":",
                            "\tdescription: first",
                            "\texport-size: 1024 (1K)",
                            "\turi: nbd://127.0.0.1:%d/one".formatted(server.port()),
                            "export=\"two\":",
                            "\texport-size: 2048 (2K)",
                            "\turi: nbd://127.0.0.1:%d/two".formatted(server.port()));
            assertThat(run.exitCode()).isZero();
            assertThat(Run.nbd("info", "--list", "--json", server.uri("").toString())
                            .out())
                    .contains("\t},\n\t{\n")
                    .endsWith("\t} ]\n}\n");
        }
    }

    @Test
    void worksWithOldServers() throws Exception {
        try (NbdServer server = ServedDisk.start(1024, Capability.NEWSTYLE)) {
            assertThat(Run.nbd("info", "--no-content", server.uri().toString()).out())
                    .startsWith(
                            "protocol: oldstyle without TLS, using simple packets\nexport=\"\":\n\texport-size: 1024 (1K)\n");
        }
        try (NbdServer server = ServedDisk.start(1024, Capability.GO, Capability.EXTENDED_HEADERS)) {
            assertThat(Run.nbd("info", "--no-content", server.uri().toString()).out())
                    .contains("\texport-size: 1024 (1K)\n");
        }
    }

    @Test
    void printsTheSizeAndTheUriAlone() throws Exception {
        try (NbdServer server = ServedDisk.start(12_345)) {
            String uri = server.uri().toString();

            assertThat(Run.nbd("info", "--size", uri)).isEqualTo(new Run(0, "12345\n", ""));
            assertThat(Run.nbd("info", "--uri", uri)).isEqualTo(new Run(0, uri + "/\n", ""));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--can, connect, 0",
        "--can, read, 0",
        "--can, write, 0",
        "--is, read-only, 2",
        "--is, ReadOnly, 2",
        "--isnt, read_only, 0",
        "--has, multi-conn, 0",
        "--can, trim, 2",
        "--cannot, trim, 0",
        "--can, structured reply, 0",
        "--has, extended-headers, 0",
        "--is, tls, 2",
        "--hasnt, tls, 0",
        "--is, rotational, 2",
        "--can, nonsense, 1"
    })
    void answersWithItsExitCode(String option, String feature, int exitCode) throws Exception {
        try (NbdServer server = ServedDisk.start(1024, Capability.TRIM)) {
            Run run = Run.nbd("info", option, feature, server.uri().toString());

            assertThat(run.exitCode()).isEqualTo(exitCode);
            assertThat(run.out()).isEmpty();
        }
    }

    @Test
    void neverTakesAWrongCallForTheAnswerNo() {
        assertThat(Run.nbd("info", "--can", "trim").exitCode()).isEqualTo(1);
        assertThat(Run.nbd("info", "--can", "trim", "nbd://127.0.0.1:1").exitCode())
                .isEqualTo(1);
        assertThat(Run.nbd("info", "--is").exitCode()).isEqualTo(1);
    }

    @Test
    void mapsADisk() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB)) {
            String uri = server.uri().toString();

            assertThat(Run.nbd("info", "--map", uri)).isEqualTo(new Run(0, """
                             0       65536    0  data
                         65536      983040    3  hole,zero
                    """, ""));
            assertThat(Run.nbd("info", "--map", "--totals", uri)).isEqualTo(new Run(0, """
                         65536   6.2%   0 data
                        983040  93.8%   3 hole,zero
                    """, ""));
            assertThat(Run.nbd("info", "--map", "--range=60K+8K", uri)).isEqualTo(new Run(0, """
                         61440        4096    0  data
                         65536        4096    3  hole,zero
                    """, ""));
        }
    }

    @Test
    void mapsSeveralContextsInLockStep() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB, InfoCommandTest::withBitmap)) {
            String uri = server.uri().toString();

            assertThat(Run.nbd("info", "--map=base:allocation," + BITMAP, uri)).isEqualTo(new Run(0, """
                             0       32768    0  data         0  clean
                         32768       32768    0  data         1  dirty
                         65536       32768    3  hole,zero    1  dirty
                         98304      950272    3  hole,zero    0  clean
                    """, ""));
            assertThat(Run.nbd("info", "--map=base:allocation," + BITMAP, "--totals", uri)
                            .out())
                    .isEqualTo("""
                         32768   3.1%   0 data        0 clean
                         32768   3.1%   0 data        1 dirty
                        950272  90.6%   3 hole,zero   0 clean
                         32768   3.1%   3 hole,zero   1 dirty
                    """);
        }
    }

    @Test
    void refusesAContextThatTheServerDoesNotHave() throws Exception {
        try (NbdServer server = ServedDisk.start(1024)) {
            assertThat(Run.as("nbdinfo", "--map=foo:bar", server.uri().toString()))
                    .isEqualTo(new Run(1, "", """
                    nbdinfo: --map: server does not support metadata context "foo:bar"
                    """));
        }
    }

    @Test
    void printsNothingOfAMapThatFails() throws Exception {
        try (NbdServer server = ServedDisk.start(
                4096,
                export -> export.withContext(
                        "x:y",
                        (offset, length) -> new Extent(Math.min(length, 512), Math.toIntExact(offset / 512 % 2))))) {
            server.faults().add(Fault.on(Command.BLOCK_STATUS).within(2048, 512).fail(ErrorCode.EIO));
            Run run = Run.nbd("info", "--map=x:y", server.uri().toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).contains("EIO").hasLineCount(1);
        }
    }

    @Test
    void givesUpOnAMapThatNeverEnds() throws Exception {
        try (NbdServer server = NbdServer.start(ServerOptions.defaults()
                .withExport(ExportOptions.of("", MemoryStorage.of(Long.MAX_VALUE))
                        .withContext("x:y", (offset, length) -> new Extent(1, Math.toIntExact(offset & 1)))))) {
            String uri = server.uri().toString();

            assertThat(Run.nbd("info", "--map=x:y", "--max-extents=5000", uri)).isEqualTo(new Run(1, "", """
                    nbd info: the map has more than 5000 extents by offset 5000; narrow it with --range, \
                    add it up with --totals or allow more with --max-extents
                    """));
            Run run = Run.nbd("info", "--map=x:y", "--totals", "--max-extents=2000000000", "--max-time=300ms", uri);
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .startsWith("nbd info: the map is not complete after ")
                    .hasLineCount(1);
        }
    }

    @Test
    void escapesWhateverTheServerSays() throws Exception {
        String evil = "\u001b]0;pwned\u0007\u001b[2J\r\n\u202e\u009b";
        try (NbdServer server = NbdServer.start(ServerOptions.defaults()
                .withExport(ExportOptions.of(evil, MemoryStorage.of(1024))
                        .withDescription(evil)
                        .withContext("x:" + evil, (offset, length) -> new Extent(length, 0))))) {
            for (List<String> options : List.of(List.of("-L"), List.of("-L", "--json"))) {
                var words = new ArrayList<>(List.of("info"));
                words.addAll(options);
                words.add("nbd://127.0.0.1:" + server.port());
                Run run = Run.nbd(words.toArray(String[]::new));

                assertThat(run.exitCode()).isZero();
                assertThat(run.out()).contains("pwned");
                assertThat((run.out() + run.err()).chars()).allMatch(InfoCommandTest::isHarmless);
                assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(run.out()))
                        .isTrue();
            }
        }
    }

    @Test
    void refusesWrongCalls() {
        assertThat(Run.nbd("info")).isEqualTo(new Run(2, "", """
                nbd info: say which export: NBD-URI or [ CMD ARGS ... ]
                nbd info: try: nbd info --help
                """));
        assertThat(Run.nbd("info", "--map", "--size", "nbd://h")).isEqualTo(new Run(2, "", """
                nbd info: you cannot use --size and --map together; ask one of --list, --size, --uri, --can, --cannot, --map, --plan at a time
                nbd info: try: nbd info --help
                """));
        assertThat(Run.as("nbdinfo", "--totals", "nbd://h")).isEqualTo(new Run(1, "", """
                nbdinfo: you must use --totals only with --map option
                nbdinfo: try: nbdinfo --help
                """));
        assertThat(Run.nbd("info", "--mop", "nbd://h")).isEqualTo(new Run(2, "", """
                nbd info: unknown option --mop; did you mean --map?
                nbd info: try: nbd info --help
                """));
        assertThat(Run.nbd("info", "disk.img").err()).startsWith("nbd info: 'disk.img' is no NBD URI; ");
        assertThat(Run.nbd("info", "--content", "--no-content", "nbd://h").exitCode())
                .isEqualTo(2);
        assertThat(Run.nbd("info", "--map=a:b,a:b", "nbd://h").err()).contains("names a context twice");
    }

    @Test
    void saysWhatIsWrongWithTheServer() {
        Run run = Run.nbd("info", "nbd+unix:///?socket=/no/such/socket");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("nbd info: ")
                .contains("/no/such/socket")
                .hasLineCount(1);
    }

    @Test
    void listsItsOptionsForShells() {
        assertThat(Run.as("nbdinfo", "--long-options").out().lines())
                .contains("--help", "--can", "--json", "--map", "--version")
                .doesNotContain("--long-options", "--short-options");
        assertThat(Run.as("nbdinfo", "--short-options").out().lines()).contains("-L", "-V");
    }

    private static ExportOptions withBitmap(ExportOptions export) {
        return export.withContext(BITMAP, (offset, length) -> {
            long border = offset < 32_768 ? 32_768 : 98_304;
            int dirty = offset >= 32_768 && offset < 98_304 ? 1 : 0;
            return new Extent(offset >= 98_304 ? length : Math.min(length, border - offset), dirty);
        });
    }

    private static boolean isHarmless(int character) {
        return character == '\n'
                || character == '\t'
                || (character >= 0x20 && character < 0x7F)
                || (character >= 0xA0 && character != 0x202E);
    }
}
