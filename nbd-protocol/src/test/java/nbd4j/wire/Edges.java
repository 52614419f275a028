// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.util.Random;

/** Random values that lie on the edges more often than not. The seed goes into the message of every failure. */
public final class Edges {
    private static final long[] LONGS = {
        0, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 15, 1L << 16, 1L << 31, 1L << 32, 1L << 63, 4096, -4096
    };

    /** One character of each length in UTF-8, and those that are escaped where people read them. */
    private static final String[] CHARACTERS = {"a", ":", "\\", "\n", "\u007f", "é", "\u202e", "中", "😀"};

    private final long seed;
    private final Random random;

    /** Begins with this seed. */
    public Edges(long seed) {
        this.seed = seed;
        random = new Random(seed);
    }

    /** Begins with a seed that differs from run to run. */
    public static Edges ofNow() {
        return new Edges(System.nanoTime());
    }

    /** Returns the random numbers behind the values. */
    public Random random() {
        return random;
    }

    /** Returns an unsigned 64-bit number. */
    public long u64() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextLong() >>> random.nextInt(64);
            default -> LONGS[random.nextInt(LONGS.length)] + random.nextInt(5) - 2;
        };
    }

    /** Returns an unsigned 32-bit number. */
    public long u32() {
        return u64() & 0xFFFF_FFFFL;
    }

    /** Returns an unsigned 16-bit number. */
    public int u16() {
        return (int) (u64() & 0xFFFF);
    }

    /** Returns text whose UTF-8 is at the limits of the protocol, without a NUL. */
    public String text() {
        int[] lengths = {0, 1, 2, 3, random.nextInt(64), random.nextInt(4097), 4095, 4096};
        return text(lengths[random.nextInt(lengths.length)]);
    }

    /** Returns text of so many bytes of UTF-8, without a NUL. */
    public String text(int bytes) {
        var text = new StringBuilder();
        int left = bytes;
        while (left > 0) {
            int index = random.nextInt(CHARACTERS.length);
            int width = index < 5 ? 1 : index < 6 ? 2 : index < 8 ? 3 : 4;
            if (width <= left) {
                text.append(CHARACTERS[index]);
                left -= width;
            }
        }
        return text.toString();
    }

    /** Returns bytes, any. */
    public byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Says with which seed this happened. */
    @Override
    public String toString() {
        return "seed " + seed;
    }
}
