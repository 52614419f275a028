// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;

/**
 * The fixed part of every reply to an option, 20 bytes, big-endian.
 *
 * <pre>
 * 0  u64 magic    0x0003E889045565A9
 * 8  u32 option   the option that is answered
 * 12 u32 type     what follows; bit 31 says that it is an error
 * 16 u32 length   bytes of data that follow
 * </pre>
 *
 * <p>Source: proto.md, "Fixed newstyle negotiation", "Option reply types".
 *
 * @param magic as sent, not yet checked
 * @param option as sent, unsigned 32 bits
 * @param type as sent, unsigned 32 bits
 * @param length as sent, unsigned 32 bits, not yet checked
 */
public record OptionReplyHeader(long magic, long option, long type, long length) {
    /** Encoded size in bytes. */
    public static final int BYTES = 20;

    /** The only magic that is allowed. */
    public static final long MAGIC = 0x0003_E889_0455_65A9L;

    /** Success, and the last reply. */
    public static final long ACK = 1;

    /** One export of a list. */
    public static final long SERVER = 2;

    /** One piece of information of an export. */
    public static final long INFO = 3;

    /** One metadata context. */
    public static final long META_CONTEXT = 4;

    private static final long ERROR_BIT = 1L << 31;

    /** Reads a header. */
    public static OptionReplyHeader readFrom(ByteBuffer in) {
        return new OptionReplyHeader(in.getLong(), Unsigned.u32(in), Unsigned.u32(in), Unsigned.u32(in));
    }

    /** Returns whether this is an error, known or not; an error is always the last reply. */
    public boolean isError() {
        return (type & ERROR_BIT) != 0;
    }
}
