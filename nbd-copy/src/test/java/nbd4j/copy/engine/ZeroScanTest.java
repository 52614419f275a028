// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZeroScanTest {
    private static final ByteBuffer ZEROES = ByteBuffer.allocateDirect(4096);

    @Test
    void findsRunsOfBlocks() {
        ByteBuffer data = ByteBuffer.allocateDirect(4096);
        data.put(1024, (byte) 1).put(2047, (byte) 1);

        assertThat(runs(512, data, 0, false)).isEqualTo("zero 0-1024 data 1024-2048 zero 2048-4096 ");
    }

    @Test
    void findsNothingWhereNothingIsWanted() {
        assertThat(runs(0, ByteBuffer.allocateDirect(4096), 0, false)).isEqualTo("data 0-4096 ");
    }

    @Test
    void takesPartsOfBlocksAsData() {
        assertThat(runs(512, ByteBuffer.allocateDirect(1024), 100, false))
                .isEqualTo("data 0-412 zero 412-924 data 924-1024 ");
    }

    @Test
    void takesTheEndOfTheDiskAsABlock() {
        assertThat(runs(512, ByteBuffer.allocateDirect(700), 512, true)).isEqualTo("zero 0-700 ");
        assertThat(runs(512, ByteBuffer.allocateDirect(700), 512, false)).isEqualTo("zero 0-512 data 512-700 ");
    }

    @Test
    void callsNothingZeroThatIsNot() {
        for (int seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            int granularity = 512 << random.nextInt(4);
            ByteBuffer data = ByteBuffer.allocateDirect(1 + random.nextInt(20_000));
            for (int islands = random.nextInt(5); islands > 0; islands--) {
                data.put(random.nextInt(data.capacity()), (byte) 1);
            }
            long base = random.nextInt(3) * 512L;
            var scan = new ZeroScan(granularity, ZEROES);
            for (int from = 0; from < data.limit(); ) {
                int end = scan.runEnd(data, base, from, random.nextBoolean());
                if (end < 0) {
                    for (int index = from; index < ~end; index++) {
                        assertThat(data.get(index)).as("seed %d", seed).isZero();
                    }
                }
                from = Math.max(end, ~end);
            }
        }
    }

    private static String runs(int granularity, ByteBuffer data, long base, boolean last) {
        var scan = new ZeroScan(granularity, ZEROES);
        var text = new StringBuilder();
        for (int from = 0; from < data.limit(); ) {
            int end = scan.runEnd(data, base, from, last);
            text.append(end < 0 ? "zero " : "data ")
                    .append(from)
                    .append('-')
                    .append(Math.max(end, ~end))
                    .append(' ');
            from = Math.max(end, ~end);
        }
        return text.toString();
    }
}
