// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.nio.ByteBuffer;

/**
 * Finds the blocks of a buffer that hold only zeroes, at the speed of memory.
 *
 * <p>Blocks lie at multiples of the granularity of the disk, not of the buffer; a part of a block at either end of the
 * buffer counts as data, except at the end of the disk.
 */
final class ZeroScan {
    private final int granularity;
    private final ByteBuffer zeroes;

    /**
     * Creates a scan.
     *
     * @param granularity bytes of one block, a power of two; 0 finds nothing
     * @param zeroes a buffer of zeroes, at least one block long; not changed
     */
    ZeroScan(int granularity, ByteBuffer zeroes) {
        this.granularity = granularity;
        this.zeroes = zeroes;
    }

    /**
     * Returns where the run that begins at {@code from} ends.
     *
     * @param data from 0 to its limit, the bytes of the disk at {@code base}
     * @param base offset of the buffer's first byte on the disk
     * @param from index in the buffer, less than its limit
     * @param last whether the buffer ends where the disk ends
     * @return the index behind the run as it is if the run is data, its complement ({@code ~end}) if it is zeroes
     */
    int runEnd(ByteBuffer data, long base, int from, boolean last) {
        int limit = data.limit();
        if (granularity == 0) {
            return limit;
        }
        boolean zero = isZero(data, base, from, last);
        int end = blockEnd(base, from, limit);
        while (end < limit && isZero(data, base, end, last) == zero) {
            end = blockEnd(base, end, limit);
        }
        return zero ? ~end : end;
    }

    private boolean isZero(ByteBuffer data, long base, int from, boolean last) {
        int limit = data.limit();
        int end = blockEnd(base, from, limit);
        boolean whole = ((base + from) & (granularity - 1)) == 0
                && (((base + end) & (granularity - 1)) == 0 || (last && end == limit));
        int length = end - from;
        // Most data shows in the first bytes, which costs less than two slices.
        if (!whole || (length >= 8 ? data.getLong(from) : data.get(from)) != 0) {
            return false;
        }
        return data.slice(from, length).mismatch(zeroes.slice(0, length)) < 0;
    }

    private int blockEnd(long base, int from, int limit) {
        long end = ((base + from) & -(long) granularity) + granularity - base;
        return end > limit ? limit : (int) end;
    }
}
