// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;

/** The disks of the fault tests. */
final class Disks {
    static final int MIB = 1 << 20;

    private static final long SEED = 20_240_607;

    private Disks() {}

    /** Makes a sparse disk: random bytes, holes, written zeroes, islands of 512 bytes, data in the last bytes. */
    static Path golden(Path path, long size) throws IOException {
        Random random = new Random(SEED);
        try (FileChannel channel = open(path)) {
            for (long at = 0; at < size; at += MIB) {
                int most = Math.toIntExact(Math.min(MIB, size - at));
                byte[] bytes = switch (random.nextInt(5)) {
                    case 0 -> new byte[0];
                    case 1 -> new byte[most];
                    case 2 -> island(random, most);
                    default -> filled(random, most);
                };
                channel.write(ByteBuffer.wrap(bytes), at);
            }
            byte[] last = filled(random, Math.toIntExact(Math.min(size, MIB / 2 + 512)));
            channel.write(ByteBuffer.wrap(last), size - last.length);
        }
        return path;
    }

    /** Makes a file full of one byte, with guards of another before and behind. */
    static Path guarded(Path path, int guard, int guardByte, int size, int fill) throws IOException {
        try (FileChannel channel = open(path)) {
            for (byte[] part : new byte[][] {repeat(guardByte, guard), repeat(fill, size), repeat(guardByte, guard)}) {
                channel.write(ByteBuffer.wrap(part));
            }
        }
        return path;
    }

    private static byte[] repeat(int value, int count) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] filled(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] island(Random random, int count) {
        byte[] bytes = new byte[count];
        int at = random.nextInt(count / 512) * 512;
        Arrays.fill(bytes, at, at + 512, (byte) 7);
        return bytes;
    }

    private static FileChannel open(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }
}
