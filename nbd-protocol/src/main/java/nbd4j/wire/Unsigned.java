// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;

/**
 * The unsigned integers of the wire, each held in the next wider signed type. All conversions happen here. Buffers are
 * big-endian, as they are when made.
 *
 * <p>Source: proto.md, "Conventions".
 */
public final class Unsigned {
    private Unsigned() {}

    /** Reads 16 bits. */
    public static int u16(ByteBuffer in) {
        return Short.toUnsignedInt(in.getShort());
    }

    /** Reads 32 bits. */
    public static long u32(ByteBuffer in) {
        return Integer.toUnsignedLong(in.getInt());
    }

    /** Writes 16 bits. */
    public static void putU16(ByteBuffer out, int value) {
        if ((value & ~0xFFFF) != 0) {
            throw new IllegalArgumentException("%d does not fit in 16 bits".formatted(value));
        }
        out.putShort((short) value);
    }

    /** Writes 32 bits. */
    public static void putU32(ByteBuffer out, long value) {
        if ((value & ~0xFFFF_FFFFL) != 0) {
            throw new IllegalArgumentException("%d does not fit in 32 bits".formatted(value));
        }
        out.putInt((int) value);
    }

    /** Returns whether {@code [offset, offset + length)} lies inside {@code [0, size)}; all are unsigned 64 bits. */
    public static boolean isInside(long offset, long length, long size) {
        return Long.compareUnsigned(offset, size) <= 0 && Long.compareUnsigned(length, size - offset) <= 0;
    }
}
