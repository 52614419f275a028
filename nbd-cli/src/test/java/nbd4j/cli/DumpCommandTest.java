// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import nbd4j.server.Capability;
import nbd4j.server.Command;
import nbd4j.server.NbdServer;
import org.junit.jupiter.api.Test;

final class DumpCommandTest {
    private static final String START = """
            0000000000: 41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41 |AAAAAAAAAAAAAAAA|
            *
            """;
    private static final String END = """
            0000010000: 00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 |................|
            *
            00000ffff0: 00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 |................|
            """;

    @Test
    void dumpsADiskWithoutReadingItsHoles() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB)) {
            assertThat(Run.nbd("dump", server.uri().toString())).isEqualTo(new Run(0, START + END, ""));
            assertThat(server.requestLog().requests(Command.READ)).allMatch(read -> read.offset() < 64 << 10);
        }
    }

    @Test
    void dumpsTheSameWithoutBlockStatusAndWithLargeBlocks() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB, Capability.META_CONTEXT)) {
            assertThat(Run.as("nbddump", server.uri().toString())).isEqualTo(new Run(0, START + END, ""));
        }
        try (NbdServer server =
                ServedDisk.start(ServedDisk.MIB, export -> export.withBlockSizes(4096, 4096, 1 << 20))) {
            assertThat(Run.nbd("dump", server.uri().toString()).out()).isEqualTo(START + END);
            assertThat(Run.nbd("dump", "--offset=65530", "-n", "8", server.uri().toString())
                            .out())
                    .isEqualTo("000000fffa: 41 41 41 41 41 41 00 00                          |AAAAAA..        |\n");
        }
    }

    @Test
    void dumpsPiecesThatBeginInsideABlock() throws Exception {
        try (NbdServer server = ServedDisk.start(
                3 * ServedDisk.MIB, export -> export.withBlockSizes(4096, 4096, 32 << 20), Capability.META_CONTEXT)) {
            assertThat(Run.nbd("dump", "--offset=1", server.uri().toString())).isEqualTo(new Run(0, """
                    0000000001: 41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41 |AAAAAAAAAAAAAAAA|
                    *
                    000000fff1: 41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 00 |AAAAAAAAAAAAAAA.|
                    0000010001: 00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 |................|
                    *
                    00002ffff1: 00 00 00 00 00 00 00 00  00 00 00 00 00 00 00    |............... |
                    """, ""));
        }
    }

    @Test
    void dumpsAPart() throws Exception {
        try (NbdServer server = ServedDisk.start(ServedDisk.MIB)) {
            String uri = server.uri().toString();

            assertThat(Run.nbd("dump", "--length=20", uri).out()).isEqualTo("""
                    0000000000: 41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41 |AAAAAAAAAAAAAAAA|
                    0000000010: 41 41 41 41                                      |AAAA            |
                    """);
            assertThat(Run.nbd("dump", "--limit", "0", uri)).isEqualTo(new Run(0, "", ""));
            assertThat(Run.nbd("dump", "--offset=1M", uri)).isEqualTo(new Run(0, "", ""));
        }
    }

    @Test
    void refusesWrongCalls() throws Exception {
        assertThat(Run.nbd("dump")).isEqualTo(new Run(2, "", """
                nbd dump: say which export: NBD-URI or [ CMD ARGS ... ]
                nbd dump: try: nbd dump --help
                """));
        assertThat(Run.nbd("dump", "--length=x", "nbd://h")).isEqualTo(new Run(2, "", """
                nbd dump: --length: 'x' is not a number of bytes such as 4096, 32K, 1M or 8GiB
                nbd dump: try: nbd dump --help
                """));
        assertThat(Run.as("nbddump", "nbd://a", "nbd://b")).isEqualTo(new Run(1, "", """
                nbddump: one export is enough, but got 2
                nbddump: try: nbddump --help
                """));
        try (NbdServer server = ServedDisk.start(1024)) {
            assertThat(Run.nbd("dump", "--offset=2K", server.uri().toString())).isEqualTo(new Run(1, "", """
                    nbd dump: --offset 2048 is after the end of the export, 1024 bytes
                    """));
        }
    }
}
