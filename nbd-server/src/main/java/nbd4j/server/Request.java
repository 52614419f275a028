// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A request's header, in either width.
 *
 * <pre>
 * compact                      extended
 * 0  u32 magic 0x25609513      0  u32 magic 0x21e41c71
 * 4  u16 command flags         4  u16 command flags
 * 6  u16 command               6  u16 command
 * 8  u64 cookie                8  u64 cookie
 * 16 u64 offset                16 u64 offset
 * 24 u32 length                24 u64 length
 * </pre>
 *
 * <p>Source: proto.md, "Request message", and the extension "extended headers".
 *
 * @param flags 16 bits used
 * @param type 16 bits used
 * @param cookie repeated by the reply
 * @param offset bytes, unsigned
 * @param length bytes; unsigned under extended headers, where it may be that of the payload
 */
record Request(int flags, int type, long cookie, long offset, long length) {
    static Request readFrom(ByteBuffer in, ReplyStyle style) throws IOException {
        int magic = in.getInt();
        int expected = style == ReplyStyle.EXTENDED ? Numbers.EXTENDED_REQUEST_MAGIC : Numbers.REQUEST_MAGIC;
        if (magic != expected) {
            throw new IOException(
                    "request magic 0x" + Integer.toHexString(magic) + ", expected 0x" + Integer.toHexString(expected));
        }
        int flags = Short.toUnsignedInt(in.getShort());
        int type = Short.toUnsignedInt(in.getShort());
        long cookie = in.getLong();
        long offset = in.getLong();
        long length = style == ReplyStyle.EXTENDED ? in.getLong() : Integer.toUnsignedLong(in.getInt());
        return new Request(flags, type, cookie, offset, length);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    boolean is(Command command) {
        return type == command.number();
    }

    /** Returns how many bytes follow the header: unsigned. */
    long payloadLength(ReplyStyle style) {
        if (style == ReplyStyle.EXTENDED) {
            return has(Command.PAYLOAD_LEN) ? length : 0;
        }
        return is(Command.WRITE) ? length : 0;
    }
}
