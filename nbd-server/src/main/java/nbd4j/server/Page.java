// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** 64 KiB of memory that remembers which of its blocks of 4 KiB were written. */
final class Page {
    static final int BYTES = 64 << 10;
    private static final int BLOCK = 4 << 10;

    private final byte[] bytes = new byte[BYTES];
    /** One bit for each block, set before its bytes change. */
    private final AtomicInteger written = new AtomicInteger();

    byte[] bytes() {
        return bytes;
    }

    void put(int start, ByteBuffer from, int length) {
        int mask = blocks(start / BLOCK, (start + length - 1) / BLOCK + 1);
        if ((written.get() & mask) != mask) {
            written.getAndAccumulate(mask, (before, more) -> before | more);
        }
        from.get(bytes, start, length);
    }

    /** Zeroes a range and returns whether nothing written is left. No writer may be in this page meanwhile. */
    boolean clear(int start, int length) {
        Arrays.fill(bytes, start, start + length, (byte) 0);
        int first = (start + BLOCK - 1) / BLOCK;
        int end = (start + length) / BLOCK;
        if (first < end) {
            written.set(written.get() & ~blocks(first, end));
        }
        return written.get() == 0;
    }

    private static int blocks(int first, int end) {
        return (1 << end) - (1 << first);
    }

    boolean isData(int start) {
        return (written.get() & (1 << (start / BLOCK))) != 0;
    }

    /** Returns how many bytes from {@code start} to the page's end are data, or not, as the first one is. */
    int run(int start) {
        int mask = written.get() >>> (start / BLOCK);
        int same = Integer.numberOfTrailingZeros((mask & 1) == 0 ? mask : ~mask);
        return Math.min(BYTES, (start / BLOCK + same) * BLOCK) - start;
    }
}
