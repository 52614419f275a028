// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;

/**
 * The fixed part of a structured reply chunk, 20 bytes, or of an extended one, 32 bytes, big-endian.
 *
 * <pre>
 *    structured                 extended
 * 0  u32 magic 0x668e33ef       u32 magic 0x6e8a278c
 * 4  u16 flags                  u16 flags
 * 6  u16 type                   u16 type
 * 8  u64 cookie                 u64 cookie
 * 16 u32 length                 u64 offset   of the request
 * 24                            u64 length
 * </pre>
 *
 * <p>Source: proto.md, "Structured reply chunk message"; for the extended form the extension extended headers.
 *
 * @param flags bit 0 is DONE; others are ignored
 * @param type see {@link ChunkType}
 * @param cookie of the request that is answered
 * @param offset the request's offset; 0 in the structured form, which lacks it
 * @param length bytes of payload that follow; as sent, so negative if 2^63 or more
 */
public record ChunkHeader(int flags, int type, long cookie, long offset, long length) {
    /** First bytes of the structured form. */
    public static final int STRUCTURED_MAGIC = 0x668E_33EF;
    /** First bytes of the extended form. */
    public static final int EXTENDED_MAGIC = 0x6E8A_278C;
    /** Size of the structured form in bytes, the magic included. */
    public static final int STRUCTURED_BYTES = 20;
    /** Size of the extended form in bytes, the magic included. */
    public static final int EXTENDED_BYTES = 32;
    /** The flag of the last chunk of a reply. */
    public static final int DONE = 1;

    /** Reads what follows the magic of the structured form. */
    public static ChunkHeader readStructuredBehindMagic(ByteBuffer in) {
        return new ChunkHeader(Unsigned.u16(in), Unsigned.u16(in), in.getLong(), 0, Unsigned.u32(in));
    }

    /** Reads what follows the magic of the extended form. */
    public static ChunkHeader readExtendedBehindMagic(ByteBuffer in) {
        return new ChunkHeader(Unsigned.u16(in), Unsigned.u16(in), in.getLong(), in.getLong(), in.getLong());
    }

    /** Returns whether this is the last chunk of its reply. */
    public boolean done() {
        return (flags & DONE) != 0;
    }
}
