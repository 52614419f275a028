// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The expected texts are what nbddump 1.14.2 printed for the same bytes. */
final class HexDumpTest {
    private static final byte[] BYTES = bytes();

    private final StringBuilder out = new StringBuilder();

    @Test
    void squeezesEqualLinesButNeverTheLast() {
        dump(false, BYTES);

        assertThat(out).hasToString("""
                0000000000: 01 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 |................|
                0000000010: 00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 |................|
                *
                0000000060: 00 00 00 00 41 20 00 00  00 00 00 00 00 00 00 00 |....A ..........|
                0000000070: 00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 |................|
                *
                00000003e0: 00 00 00 00 00 00 00 00                          |........        |
                """);
    }

    @Test
    void paintsAsNbddumpDoes() {
        var dump = new HexDump(out, true, 6);

        dump.line(0, new byte[] {0, 'A', ' ', (byte) 0xFF}, 0, 4);

        assertThat(out.toString().replace('\u001b', '!')).isEqualTo("""
                ![22;32m0000000000![22;90m: ![22;90m00 ![1;34m41 ![1;34m20 ![1;34mff ![22;90m               \
                               \
                       │![22;90m·![1;31mA![1;35m ![22;90m·![22;90m            │
                ![0m""");
    }

    @Test
    void writesZeroesWithoutLookingAtEachAsIfItHad() {
        for (int length : new int[] {1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 4096, 4097}) {
            out.setLength(0);
            dump(false, new byte[length]);
            String slow = out.toString();

            out.setLength(0);
            new HexDump(out, false, length).zeroes(0, length);

            assertThat(out.toString()).as("%d zeroes", length).isEqualTo(slow);
        }
    }

    @Test
    void writesAnEmptyExbibyteAtOnce() {
        long size = (1L << 60) + 3;
        var dump = new HexDump(out, false, size);

        dump.zeroes(0, 1L << 60);
        dump.line(1L << 60, new byte[3], 0, 3);

        assertThat(out).hasToString("""
                0000000000: 00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 |................|
                *
                1000000000000000: 00 00 00                                         |...             |
                """);
    }

    private void dump(boolean colour, byte[] bytes) {
        var dump = new HexDump(out, colour, bytes.length);
        for (int i = 0; i < bytes.length; i += HexDump.LINE) {
            dump.line(i, bytes, i, Math.min(HexDump.LINE, bytes.length - i));
        }
    }

    private static byte[] bytes() {
        byte[] bytes = new byte[1000];
        bytes[0] = 1;
        bytes[100] = 'A';
        bytes[101] = ' ';
        return bytes;
    }
}
