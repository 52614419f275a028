// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import nbd4j.server.Capability;
import nbd4j.server.Command;
import nbd4j.server.NbdServer;
import org.junit.jupiter.api.Test;

/** {@code nbd info A B} and {@code nbd info --plan A B}. */
final class InfoTwoTest {
    private static final int MIB = ServedDisk.MIB;

    @Test
    void showsTwoExportsSideBySide() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB);
                NbdServer b = ServedDisk.start(2 * MIB, export -> export.withReadOnly(), Capability.META_CONTEXT)) {
            assertThat(Run.nbd("info", a.uri().toString(), b.uri().toString()))
                    .isEqualTo(new Run(0, """
                    A: nbd://127.0.0.1:%d/
                    B: nbd://127.0.0.1:%d/

                                                A                B
                      protocol                  newstyle-fixed   newstyle-fixed
                      TLS                       false            false
                      packets                   extended         extended
                      export-name               ""               ""
                      description               -                -
                    * export-size               1048576 (1M)     2097152 (2M)
                      content                   -                -
                    * contexts                  base:allocation  -
                      is_rotational             false            false
                    * is_read_only              false            true
                    * can_block_status_payload  true             false
                      can_cache                 true             true
                      can_df                    true             true
                    * can_fast_zero             true             false
                      can_flush                 true             true
                    * can_fua                   true             false
                      can_multi_conn            true             true
                    * can_trim                  true             false
                    * can_zero                  true             false
                      block_size_minimum        1                1
                      block_size_preferred      4096             4096
                      block_size_maximum        33554432         33554432
                    """.formatted(a.port(), b.port()), ""));
        }
    }

    @Test
    void tellsInJsonWhatDiffers() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB);
                NbdServer b = ServedDisk.start(MIB, export -> export.withDescription("\u202e\"b\""))) {
            Run run = Run.nbd("info", "--json", a.uri().toString(), b.uri().toString());

            assertThat(run.out()).startsWith("""
                    {
                    \t"a": {
                    \t\t"uri": "nbd://127.0.0.1:%d/",
                    \t\t"protocol": "newstyle-fixed",
                    \t\t"TLS": false,
                    \t\t"packets": "extended",
                    \t\t"export-name": "",
                    \t\t"description": null,
                    \t\t"export-size": 1048576,
                    """.formatted(a.port()));
            assertThat(run.out()).endsWith("""
                    \t\t"block_size_maximum": 33554432
                    \t},
                    \t"different": ["description"]
                    }
                    """);
            assertThat(run.out().chars()).noneMatch(character -> character == 0x202E);
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void plansWhatTheCopyThenDoes() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB);
                NbdServer b = ServedDisk.start(2 * MIB, export -> export.withBlockSizes(512, 4096, 64 << 10))) {
            String from = a.uri().toString();
            String to = b.uri().toString();

            assertThat(Run.nbd("info", "--plan", from, to))
                    .isEqualTo(new Run(0, """
                    A: nbd://127.0.0.1:%1$d/
                    B: nbd://127.0.0.1:%2$d/
                    move: 65536 (64K), read from A and written to B, but for zeroes found in it
                    zero: 983040 (960K), zeroed by B without being sent
                    skip: 0, which B need not be told
                    block sizes: requests are multiples of 512, zeroed ranges of 4096
                    request size: 65536 (the target's block sizes 512/4096/65536, instead of 1048576)
                    depth: 16 (the disk has no more requests of this size, instead of 256)
                    connections to A: 4 (as the options of the copy say)
                    connections to B: 4 (as the options of the copy say)
                    note: %3$s/: is larger than the source; its last 1048576 bytes stay as they are
                    """.formatted(a.port(), b.port(), to), ""));
            assertThat(b.requestLog().requests())
                    .noneMatch(request -> request.command() == Command.WRITE
                            || request.command() == Command.WRITE_ZEROES
                            || request.command() == Command.FLUSH);
            assertThat(Run.nbd("copy", "-v", from, to).err())
                    .contains("read 65536, written 65536, zeroed 983040, skipped 0 bytes")
                    .contains(to + "/: is larger than the source; its last 1048576 bytes stay as they are");
        }
    }

    @Test
    void plansWithoutExtentsZeroingAndSeveralConnections() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB, Capability.META_CONTEXT);
                NbdServer b = ServedDisk.start(
                        MIB, Capability.WRITE_ZEROES, Capability.FAST_ZERO, Capability.MULTI_CONN, Capability.FLUSH)) {
            Run run = Run.nbd("info", "--plan", a.uri().toString(), b.uri().toString());

            assertThat(run.out())
                    .contains("move: 1048576 (1M), read from A, which does not tell what is zero, and written to B")
                    .contains("zero: 0, sent as data, because B cannot zero\n")
                    .contains("connections to A: 4 (as the options of the copy say)\n")
                    .contains(
                            "connections to B: 1 (the server does not say that several are consistent (multi-conn), instead of 4)\n")
                    .contains("cannot flush; what was copied may not survive a crash of the server\n");
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void plansInJsonAndSkipsWhatIsZeroAlready() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB);
                NbdServer b = ServedDisk.start(MIB)) {
            Run run = Run.nbd(
                    "info",
                    "--plan",
                    "--json",
                    "--destination-is-zero",
                    a.uri().toString(),
                    b.uri().toString());

            assertThat(run).isEqualTo(new Run(0, """
                    {
                    \t"a": "nbd://127.0.0.1:%d/",
                    \t"b": "nbd://127.0.0.1:%d/",
                    \t"move": 65536,
                    \t"zero": 0,
                    \t"skip": 983040,
                    \t"extents": true,
                    \t"zeroes": "skipped",
                    \t"minimum-block": 1,
                    \t"zero-alignment": 4096,
                    \t"request-size": {
                    \t\t"value": 1048576,
                    \t\t"reason": "as the options of the copy say; no limit is lower"
                    \t},
                    \t"depth": {
                    \t\t"value": 1,
                    \t\t"reason": "the disk has no more requests of this size, instead of 256"
                    \t},
                    \t"connections-to-a": {
                    \t\t"value": 4,
                    \t\t"reason": "as the options of the copy say"
                    \t},
                    \t"connections-to-b": {
                    \t\t"value": 4,
                    \t\t"reason": "as the options of the copy say"
                    \t},
                    \t"notes": []
                    }
                    """.formatted(a.port(), b.port()), ""));
        }
    }

    @Test
    void estimatesTheTimeOnlyOfAProbe() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB);
                NbdServer b = ServedDisk.start(MIB)) {
            String from = a.uri().toString();
            String to = b.uri().toString();

            assertThat(Run.nbd("info", "--plan", "--probe", from, to).out())
                    .containsPattern("\nparallel: [0-9.]+ [MGK]iB/s \\(.*\\)\n")
                    .containsPattern("\ntime: about [0-9.]+ s to read from A; how fast B writes is not measured\n");
            assertThat(Run.nbd("info", "--plan", "--probe", "--json", from, to).out())
                    .containsPattern("\n\t\"estimated-millis\": [0-9]+\n}\n$");
        }
    }

    @Test
    void saysWhyThereCanBeNoCopy() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB + 512);
                NbdServer small = ServedDisk.start(MIB);
                NbdServer readOnly = ServedDisk.start(2 * MIB, export -> export.withReadOnly());
                NbdServer coarse = ServedDisk.start(2 * MIB, export -> export.withBlockSizes(4096, 4096, 1 << 20))) {
            String from = a.uri().toString();

            Run run = Run.nbd("info", "--plan", from, small.uri().toString());
            assertThat(run.out())
                    .contains("\nconflict: target: " + small.uri()
                            + "/ holds 1048576 bytes, but the source has 1049088\nmove: ");
            assertThat(run.exitCode()).isEqualTo(1);

            run = Run.nbd("info", "--plan", from, readOnly.uri().toString());
            assertThat(run.out()).endsWith("\nconflict: target: " + readOnly.uri() + "/ is read-only\n");
            assertThat(run.exitCode()).isEqualTo(1);

            run = Run.nbd("info", "--plan", "--json", from, coarse.uri().toString());
            assertThat(run.out())
                    .contains("the size of 1049088 bytes is not a multiple of the minimum block size 4096; "
                            + "the last 512 bytes cannot be addressed\",\n");
            assertThat(run.exitCode()).isEqualTo(1);
        }
    }

    @Test
    void plansTheCopyOfNothing() throws Exception {
        try (NbdServer a = ServedDisk.start(0);
                NbdServer b = ServedDisk.start(0)) {
            Run run = Run.nbd(
                    "info", "--plan", "--probe", a.uri().toString(), b.uri().toString());

            assertThat(run.out()).contains("\nmove: 0, ").doesNotContain("time: ");
            assertThat(run.exitCode()).isZero();
        }
    }

    @Test
    void boundsTheMapOfAPlan() throws Exception {
        try (NbdServer a = ServedDisk.start(MIB);
                NbdServer b = ServedDisk.start(MIB)) {
            Run run = Run.nbd(
                    "info",
                    "--plan",
                    "--max-extents=1",
                    a.uri().toString(),
                    b.uri().toString());

            assertThat(run.out()).isEmpty();
            assertThat(run.err()).contains("the map has more than 1 extents");
            assertThat(run.exitCode()).isEqualTo(1);
        }
    }

    @Test
    void refusesWrongCalls() {
        assertThat(Run.nbd("info", "nbd://a", "nbd://b", "nbd://c")).isEqualTo(new Run(2, "", """
                nbd info: one export, or two side by side, are enough, but got 3
                nbd info: try: nbd info --help
                """));
        assertThat(Run.nbd("info", "--size", "nbd://a", "nbd://b").err())
                .startsWith("nbd info: one export is enough, but got 2\n");
        assertThat(Run.nbd("info", "disk.img", "nbd://b").err()).startsWith("nbd info: 'disk.img' is no NBD URI; ");
        assertThat(Run.nbd("info", "--plan", "nbd://a")).isEqualTo(new Run(2, "", """
                nbd info: --plan needs two exports, A and B, but got 1
                nbd info: try: nbd info --help
                """));
        assertThat(Run.nbd("info", "--plan", "--map", "nbd://a", "nbd://b")).isEqualTo(new Run(2, "", """
                nbd info: you cannot use --map and --plan together; ask one of --list, --size, --uri, --can, --cannot, --map, --plan at a time
                nbd info: try: nbd info --help
                """));
        assertThat(Run.nbd("info", "--destination-is-zero", "nbd://a", "nbd://b")
                        .err())
                .startsWith("nbd info: you must use --destination-is-zero only with --plan option\n");
    }
}
