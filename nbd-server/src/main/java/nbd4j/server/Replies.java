// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes replies to requests.
 *
 * <pre>
 * simple             structured chunk     extended chunk
 * 0 u32 0x67446698   0  u32 0x668e33ef    0  u32 0x6e8a278c
 * 4 u32 error        4  u16 flags         4  u16 flags
 * 8 u64 cookie       6  u16 type          6  u16 type
 *                    8  u64 cookie        8  u64 cookie
 *                    16 u32 length        16 u64 offset of the request
 *                                         24 u64 length
 * </pre>
 *
 * <p>Source: proto.md, "Simple reply message", "Structured reply chunk message", and the extension "extended headers".
 */
final class Replies {
    /** Room that any reply without data needs, error text included. */
    static final int ROOM = 8 << 10;

    private final ReplyStyle style;

    Replies(ReplyStyle style) {
        this.style = style;
    }

    void simple(ByteBuffer out, Request request, int error) {
        out.putInt(Numbers.SIMPLE_REPLY_MAGIC).putInt(error).putLong(request.cookie());
    }

    /** Ends a command that has no answer but success. */
    void success(ByteBuffer out, Request request) {
        if (style == ReplyStyle.EXTENDED) {
            none(out, request);
        } else {
            simple(out, request, 0);
        }
    }

    void none(ByteBuffer out, Request request) {
        chunk(out, request, Numbers.CHUNK_DONE, Numbers.CHUNK_NONE, 0);
    }

    void error(ByteBuffer out, Request request, int error, @Nullable String message) {
        if (style == ReplyStyle.SIMPLE) {
            simple(out, request, error);
            return;
        }
        var text = Texts.limited(message);
        chunk(out, request, Numbers.CHUNK_DONE, Numbers.CHUNK_ERROR, 6 + text.length);
        out.putInt(error).putShort((short) text.length).put(text);
    }

    void data(ByteBuffer out, Request request, int flags, long offset, int length) {
        chunk(out, request, flags, Numbers.CHUNK_OFFSET_DATA, 8 + length);
        out.putLong(offset);
    }

    void hole(ByteBuffer out, Request request, int flags, long offset, int length) {
        chunk(out, request, flags, Numbers.CHUNK_OFFSET_HOLE, 12);
        out.putLong(offset).putInt(length);
    }

    void chunk(ByteBuffer out, Request request, int flags, int type, int length) {
        boolean extended = style == ReplyStyle.EXTENDED;
        out.putInt(extended ? Numbers.EXTENDED_REPLY_MAGIC : Numbers.STRUCTURED_REPLY_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(request.cookie());
        if (extended) {
            out.putLong(request.offset()).putLong(length);
        } else {
            out.putInt(length);
        }
    }
}
