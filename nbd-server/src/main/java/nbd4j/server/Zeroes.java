// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes that are zero. */
final class Zeroes {
    private static final int BYTES = 64 << 10;
    private static final ByteBuffer BLOCK = ByteBuffer.allocateDirect(BYTES).asReadOnlyBuffer();

    private Zeroes() {}

    static void put(ByteBuffer into, int count) {
        int left = count;
        while (left > 0) {
            int step = Math.min(left, BYTES);
            into.put(into.position(), BLOCK, 0, step);
            into.position(into.position() + step);
            left -= step;
        }
    }

    static void write(Storage storage, long offset, long length) throws IOException {
        long done = 0;
        while (done < length) {
            int step = (int) Math.min(length - done, BYTES);
            storage.write(offset + done, BLOCK.slice(0, step));
            done += step;
        }
    }

    static boolean isZero(ByteBuffer buffer, int from, int to) {
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            if (buffer.getLong(at) != 0) {
                return false;
            }
        }
        for (; at < to; at++) {
            if (buffer.get(at) != 0) {
                return false;
            }
        }
        return true;
    }
}
