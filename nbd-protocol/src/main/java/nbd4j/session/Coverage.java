// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import org.jspecify.annotations.Nullable;

/**
 * Which bytes of a read have arrived. Every byte must arrive exactly once, in any order.
 *
 * <p>A reply whose chunks come in order costs two comparisons for each. The first chunk out of order makes a bitmap, an
 * eighth of the size of the read; from then on a chunk costs time for its length only, so that a reply of any number of
 * chunks is linear. Owned by the receiver; not thread-safe.
 *
 * <p>Source: proto.md, {@code NBD_CMD_READ}: "the server MUST send chunks that cover the entire region".
 */
final class Coverage {
    private int length;
    /** Bytes [0, prefix) have arrived, and nothing else unless there is a bitmap. */
    private int prefix;

    private int covered;
    private long @Nullable [] bitmap;

    /** Begins anew for a read of this many bytes. */
    void begin(int newLength) {
        length = newLength;
        prefix = 0;
        covered = 0;
        bitmap = null;
    }

    /**
     * Notes the arrival of a range inside the read.
     *
     * @return false if some of it had arrived before
     */
    boolean add(int from, int count) {
        if (bitmap == null) {
            if (from == prefix) {
                prefix += count;
                covered += count;
                return true;
            }
            if (from < prefix) {
                return false;
            }
            bitmap = new long[(length + 63) >>> 6];
            mark(bitmap, 0, prefix);
        }
        if (!mark(bitmap, from, count)) {
            return false;
        }
        covered += count;
        return true;
    }

    /** Returns whether every byte has arrived. */
    boolean isComplete() {
        return covered == length;
    }

    /** Returns how many bytes have not arrived. */
    int missing() {
        return length - covered;
    }

    private static boolean mark(long[] bits, int from, int count) {
        if (count == 0) {
            return true;
        }
        int last = from + count - 1;
        int firstWord = from >>> 6;
        int lastWord = last >>> 6;
        for (int word = firstWord; word <= lastWord; word++) {
            long mask = -1L;
            if (word == firstWord) {
                mask &= -1L << (from & 63);
            }
            if (word == lastWord) {
                mask &= -1L >>> (63 - (last & 63));
            }
            if ((bits[word] & mask) != 0) {
                return false;
            }
            bits[word] |= mask;
        }
        return true;
    }
}
