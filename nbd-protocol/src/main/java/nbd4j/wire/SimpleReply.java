// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;

/**
 * A simple reply, 16 bytes, big-endian. The data of a successful read follows it.
 *
 * <pre>
 * 0  u32 magic    0x67446698
 * 4  u32 error    0 for success
 * 8  u64 cookie   of the request
 * </pre>
 *
 * <p>Source: proto.md, "Simple reply message".
 *
 * @param error 0 for success, else an error value, unsigned 32 bits
 * @param cookie of the request that is answered
 */
public record SimpleReply(long error, long cookie) {
    /** First bytes. */
    public static final int MAGIC = 0x6744_6698;
    /** Size in bytes, the magic included. */
    public static final int BYTES = 16;

    /** Reads what follows the magic. */
    public static SimpleReply readBehindMagic(ByteBuffer in) {
        return new SimpleReply(Unsigned.u32(in), in.getLong());
    }
}
