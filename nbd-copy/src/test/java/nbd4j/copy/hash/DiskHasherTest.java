// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DiskHasherTest {
    private static final BlockHash SMALL = new BlockHash("SHA-256", 512);

    @Test
    void hashesAnEmptyDisk() throws Exception {
        assertThat(new DiskHasher(SMALL, 0).finish(0)).isEqualTo(expected(new byte[0]));
    }

    @Test
    void hashesPiecesInAnyOrder() throws Exception {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            byte[] disk = new byte[random.nextInt(20_000)];
            List<long[]> pieces = new ArrayList<>();
            for (int at = 0; at < disk.length; ) {
                int length = Math.min(disk.length - at, 1 + random.nextInt(random.nextBoolean() ? 300 : 6000));
                boolean zero = random.nextBoolean();
                for (int index = at; !zero && index < at + length; index++) {
                    disk[index] = (byte) random.nextInt();
                }
                pieces.add(new long[] {at, length, zero ? 1 : 0});
                at += length;
            }
            Collections.shuffle(pieces, random);
            var hasher = new DiskHasher(SMALL, random.nextBoolean() ? disk.length : Long.MAX_VALUE);
            for (long[] piece : pieces) {
                if (piece[2] == 1) {
                    hasher.zeroes(piece[0], piece[1]);
                } else {
                    hasher.data(piece[0], ByteBuffer.wrap(disk, (int) piece[0], (int) piece[1]));
                }
            }
            assertThat(hasher.finish(disk.length)).as("seed %d", seed).isEqualTo(expected(disk));
        }
    }

    @Test
    void noticesMissingBytes() {
        var hasher = new DiskHasher(SMALL, 2048);
        hasher.zeroes(0, 1024);

        assertThatIllegalStateException().isThrownBy(() -> hasher.finish(2048)).withMessageContaining("2 of 4 blocks");
    }

    @Test
    void knowsDigestsByTheirCommonNames() {
        assertThat(BlockHash.of("SHA256", 65_536)).isEqualTo(BlockHash.defaults());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BlockHash.of("sha257", 65_536))
                .withMessageContaining("no digest \"sha257\"; there are [md5, sha1,");
        assertThatIllegalArgumentException().isThrownBy(() -> BlockHash.of("md5", 1000));
    }

    /** The definition, word by word. */
    private static String expected(byte[] disk) throws Exception {
        MessageDigest outer = MessageDigest.getInstance("SHA-256");
        for (int at = 0; at < disk.length; at += 512) {
            byte[] block = Arrays.copyOfRange(disk, at, Math.min(disk.length, at + 512));
            outer.update(MessageDigest.getInstance("SHA-256").digest(block));
        }
        outer.update(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, disk.length));
        return HexFormat.of().formatHex(outer.digest());
    }
}
