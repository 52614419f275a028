// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * What an export can do, as the server says at the end of the handshake. Bits that the specification does not name are
 * kept and ignored.
 *
 * <p>Source: proto.md, "Transmission flags".
 *
 * @param bits the flags as sent, 16 bits used
 */
public record TransmissionFlags(int bits) {
    /** Must be set by every server. */
    public static final int HAS_FLAGS = 1;
    /** The export is read-only. */
    public static final int READ_ONLY = 1 << 1;
    /** FLUSH may be sent. */
    public static final int SEND_FLUSH = 1 << 2;
    /** The flag FUA may be set. */
    public static final int SEND_FUA = 1 << 3;
    /** The export behaves like a rotational disk. */
    public static final int ROTATIONAL = 1 << 4;
    /** TRIM may be sent. */
    public static final int SEND_TRIM = 1 << 5;
    /** WRITE_ZEROES may be sent. */
    public static final int SEND_WRITE_ZEROES = 1 << 6;
    /** The flag DF may be set. */
    public static final int SEND_DF = 1 << 7;
    /** Several connections are kept consistent by the server. */
    public static final int CAN_MULTI_CONN = 1 << 8;
    /** RESIZE may be sent (experimental; this library does not). */
    public static final int SEND_RESIZE = 1 << 9;
    /** CACHE may be sent. */
    public static final int SEND_CACHE = 1 << 10;
    /** The flag FAST_ZERO may be set. */
    public static final int SEND_FAST_ZERO = 1 << 11;
    /** BLOCK_STATUS may carry a payload that selects contexts. */
    public static final int BLOCK_STATUS_PAYLOAD = 1 << 12;

    /** Refuses more than 16 bits. */
    public TransmissionFlags {
        if ((bits & ~0xFFFF) != 0) {
            throw new IllegalArgumentException("transmission flags 0x%x need more than 16 bits".formatted(bits));
        }
    }

    /** Returns whether the mandatory first bit is set. */
    public boolean hasFlags() {
        return has(HAS_FLAGS);
    }

    /** Returns whether the export refuses writes. */
    public boolean readOnly() {
        return has(READ_ONLY);
    }

    /** Returns whether FLUSH may be sent. */
    public boolean canFlush() {
        return has(SEND_FLUSH);
    }

    /** Returns whether writing commands may ask to be durable when they are answered. */
    public boolean canFua() {
        return has(SEND_FUA);
    }

    /** Returns whether the export behaves like a rotational disk. */
    public boolean rotational() {
        return has(ROTATIONAL);
    }

    /** Returns whether TRIM may be sent. */
    public boolean canTrim() {
        return has(SEND_TRIM);
    }

    /** Returns whether WRITE_ZEROES may be sent. */
    public boolean canWriteZeroes() {
        return has(SEND_WRITE_ZEROES);
    }

    /** Returns whether reads may ask not to be fragmented. */
    public boolean canDf() {
        return has(SEND_DF);
    }

    /** Returns whether one export may be used over several connections at once. */
    public boolean canMultiConn() {
        return has(CAN_MULTI_CONN);
    }

    /** Returns whether the server knows RESIZE, which is experimental and not implemented here. */
    public boolean canResize() {
        return has(SEND_RESIZE);
    }

    /** Returns whether CACHE may be sent. */
    public boolean canCache() {
        return has(SEND_CACHE);
    }

    /** Returns whether WRITE_ZEROES may ask to fail rather than be slow. */
    public boolean canFastZero() {
        return has(SEND_FAST_ZERO);
    }

    /** Returns whether BLOCK_STATUS may select contexts by a payload. */
    public boolean canBlockStatusPayload() {
        return has(BLOCK_STATUS_PAYLOAD);
    }

    /** Returns these flags without some bits. */
    public TransmissionFlags without(int removed) {
        return new TransmissionFlags(bits & ~removed);
    }

    private boolean has(int bit) {
        return (bits & bit) != 0;
    }
}
