// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;

/**
 * The fixed part of every transmission-phase request, big-endian, in one of two forms.
 *
 * <pre>
 *    compact, 28 bytes          extended, 32 bytes
 * 0  u32 magic 0x25609513       u32 magic 0x21e41c71
 * 4  u16 flags                  u16 flags
 * 6  u16 type                   u16 type
 * 8  u64 cookie                 u64 cookie
 * 16 u64 offset                 u64 offset
 * 24 u32 length                 u64 length
 * </pre>
 *
 * <p>Source: proto.md, "Request message"; for the extended form the extension extended headers.
 *
 * @param flags command flags, 16 bits used
 * @param type command type, 16 bits used
 * @param cookie chosen by the client, distinct among the requests in flight; the reply repeats it
 * @param offset bytes from the start of the export
 * @param length bytes affected, or the length of the payload; 32 bits in the compact form
 */
public record RequestHeader(int flags, int type, long cookie, long offset, long length) {
    /** First bytes of the compact form. */
    public static final int COMPACT_MAGIC = 0x2560_9513;
    /** First bytes of the extended form. */
    public static final int EXTENDED_MAGIC = 0x21E4_1C71;
    /** Size of the compact form in bytes. */
    public static final int COMPACT_BYTES = 28;
    /** Size of the extended form in bytes. */
    public static final int EXTENDED_BYTES = 32;

    /** Writes the compact form. */
    public void writeCompactTo(ByteBuffer out) {
        out.putInt(COMPACT_MAGIC);
        writeMiddle(out);
        Unsigned.putU32(out, length);
    }

    /** Writes the extended form. */
    public void writeExtendedTo(ByteBuffer out) {
        out.putInt(EXTENDED_MAGIC);
        writeMiddle(out);
        out.putLong(length);
    }

    private void writeMiddle(ByteBuffer out) {
        Unsigned.putU16(out, flags);
        Unsigned.putU16(out, type);
        out.putLong(cookie);
        out.putLong(offset);
    }

    /** Reads either form, told by its magic. For those who check what was sent. */
    public static RequestHeader readFrom(ByteBuffer in) {
        int magic = in.getInt();
        int flags = Unsigned.u16(in);
        int type = Unsigned.u16(in);
        long cookie = in.getLong();
        long offset = in.getLong();
        return switch (magic) {
            case COMPACT_MAGIC -> new RequestHeader(flags, type, cookie, offset, Unsigned.u32(in));
            case EXTENDED_MAGIC -> new RequestHeader(flags, type, cookie, offset, in.getLong());
            default -> throw new IllegalArgumentException("request magic 0x%08x".formatted(magic));
        };
    }
}
