// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes one block status chunk: neighbours of the same status made one, each a multiple of the minimum block.
 *
 * <pre>
 * structured: u32 context id, then for each extent u32 length, u32 flags
 * extended:   u32 context id, u32 count, then for each extent u64 length, u64 flags
 * </pre>
 *
 * <p>Source: proto.md, "Structured reply types".
 */
final class StatusReply {
    /** Most extents of one chunk: the client asks on from where they end. The specification allows 2^20. */
    static final int MAXIMUM_EXTENTS = 8192;

    private final Replies replies;
    private final ReplyStyle style;
    private final int minimum;

    StatusReply(Replies replies, ReplyStyle style, int minimum) {
        this.replies = replies;
        this.style = style;
        this.minimum = minimum;
    }

    static int room(Request request) {
        int extents = request.has(Command.REQ_ONE) ? 1 : MAXIMUM_EXTENTS;
        return 64 + 16 * extents;
    }

    void write(ByteBuffer out, Request request, long length, Context context, boolean last) throws IOException {
        boolean extended = style == ReplyStyle.EXTENDED;
        int start = out.position();
        int type = extended ? Numbers.CHUNK_BLOCK_STATUS_EXT : Numbers.CHUNK_BLOCK_STATUS;
        replies.chunk(out, request, last ? Numbers.CHUNK_DONE : 0, type, 0);
        int payload = out.position();
        out.putInt(context.id());
        if (extended) {
            out.putInt(0);
        }
        int count = extents(out, request, length, context.source());
        if (extended) {
            out.putLong(start + 24, out.position() - payload).putInt(payload + 4, count);
        } else {
            out.putInt(start + 16, out.position() - payload);
        }
    }

    private int extents(ByteBuffer out, Request request, long length, StatusSource source) throws IOException {
        int most = request.has(Command.REQ_ONE) ? 1 : MAXIMUM_EXTENTS;
        int count = 0;
        long done = 0;
        long run = 0;
        long flags = 0;
        while (done < length) {
            var next = aligned(source, request.offset() + done, length - done);
            if (run > 0 && next.flags() != flags) {
                put(out, run, flags);
                run = 0;
                if (++count == most) {
                    return count;
                }
            }
            flags = next.flags();
            run += next.length();
            done += next.length();
        }
        put(out, run, flags);
        return count + 1;
    }

    private void put(ByteBuffer out, long length, long flags) {
        if (style == ReplyStyle.EXTENDED) {
            out.putLong(length).putLong(flags);
        } else {
            out.putInt((int) length).putInt((int) flags);
        }
    }

    /** Asks the source; a block of several kinds has only the flags that all of them share. */
    private Extent aligned(StatusSource source, long offset, long length) throws IOException {
        var first = source.extentAt(offset, length);
        long whole = Math.min(first.length(), length);
        whole -= whole % minimum;
        if (whole > 0) {
            return new Extent(whole, first.flags());
        }
        long block = Math.min(minimum, length);
        long done = first.length();
        long flags = first.flags();
        while (done < block) {
            var next = source.extentAt(offset + done, block - done);
            flags &= next.flags();
            done += next.length();
        }
        return new Extent(block, flags);
    }
}
