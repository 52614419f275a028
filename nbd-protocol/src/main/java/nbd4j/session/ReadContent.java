// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import nbd4j.model.CommandFlag;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.ReadChunk;
import nbd4j.wire.Unsigned;
import org.jspecify.annotations.Nullable;

/**
 * Brings the content of reads to where the caller wants it. Content is checked before a byte of it is stored: inside the
 * request, not twice, not behind an error. Owned by the receiver.
 *
 * <p>Source: proto.md, {@code NBD_REPLY_TYPE_OFFSET_DATA}, {@code NBD_REPLY_TYPE_OFFSET_HOLE}, "Simple reply message".
 */
final class ReadContent {
    /** Most parts of one read that are listed: twice as many as the largest read has blocks of 512 bytes. */
    private static final int MAXIMUM_LISTED = 1 << 17;

    private static final ByteBuffer ZEROES = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

    private final Inbox inbox;
    private final Counters counters;
    private final ByteBuffer zeroes = ZEROES.duplicate();

    ReadContent(Inbox inbox, Counters counters) {
        this.inbox = inbox;
        this.counters = counters;
    }

    /** Takes the data of a simple reply: all of it, in order. */
    void all(Request request) throws IOException {
        request.coverage.begin((int) request.length);
        data(request, request.offset, (int) request.length);
    }

    /** Takes a data chunk, of which the offset has been read. */
    void data(Request request, long offset, int length) throws IOException {
        admit(request, offset, length, "data");
        counters.payloadReceived(length);
        if (!request.beginFilling()) {
            inbox.skip(length);
            return;
        }
        int relative = (int) (offset - request.offset);
        List<ReadChunk> chunks = request.chunks;
        if (chunks != null) {
            ByteBuffer part = request.buffers[0];
            int start = request.starts[0] + relative;
            list(
                    request,
                    chunks,
                    new ReadChunk.Data(
                            offset, part.duplicate().limit(start + length).position(start)));
        }
        int missing = fill(request, relative, length, inbox);
        if (missing == 0) {
            request.endFilling();
        } else {
            request.stopFilling();
            inbox.skip(missing);
        }
    }

    /** Takes a hole chunk. */
    void hole(Request request, long offset, long length) throws IOException {
        if (length == 0) {
            throw Receiver.breach(request, "the server sent a hole chunk for 0 bytes");
        }
        admit(request, offset, length, "a hole");
        if (!request.beginFilling()) {
            return;
        }
        List<ReadChunk> chunks = request.chunks;
        if (chunks != null) {
            list(request, chunks, new ReadChunk.Hole(offset, length));
        }
        fill(request, (int) (offset - request.offset), (int) length, null);
        request.endFilling();
    }

    private static void list(Request request, List<ReadChunk> chunks, ReadChunk chunk) throws NbdProtocolException {
        if (chunks.size() == MAXIMUM_LISTED) {
            throw Receiver.breach(
                    request, "the server sent more than %d parts, too many to list".formatted(MAXIMUM_LISTED));
        }
        chunks.add(chunk);
    }

    private static void admit(Request request, long offset, long length, String what) throws NbdProtocolException {
        if (!Unsigned.isInside(offset - request.offset, length, request.length)) {
            throw Receiver.breach(
                    request,
                    "the server sent %s of %d bytes at %s, outside the request"
                            .formatted(what, length, Long.toUnsignedString(offset)));
        }
        if (!request.coverage.add((int) (offset - request.offset), (int) length)) {
            throw Receiver.breach(
                    request, "the server sent %s of %d bytes at %d twice".formatted(what, length, offset));
        }
        long[] errors = request.errorOffsets;
        if (errors != null) {
            for (long error : errors) {
                if (Unsigned.isInside(error - offset, 1, length)) {
                    throw Receiver.breach(
                            request,
                            "the server sent %s of %d bytes at %d, behind an error at %d"
                                    .formatted(what, length, offset, error));
                }
            }
        }
        if (++request.contentChunks > 1 && (request.flags & CommandFlag.DF.bit()) != 0) {
            throw Receiver.breach(request, "the server sent more than one chunk, though asked not to");
        }
    }

    /**
     * Fills a part of the destination from the wire, or with zeroes if there is no inbox.
     *
     * @return how many bytes were not stored, since the caller wants its buffers back
     */
    private int fill(Request request, int relative, int length, @Nullable Inbox from) throws IOException {
        int skip = relative;
        int left = length;
        for (int i = 0; left > 0; i++) {
            ByteBuffer into = request.buffers[i];
            int capacity = into.limit() - request.starts[i];
            if (skip >= capacity) {
                skip -= capacity;
                continue;
            }
            int now = Math.min(left, capacity - skip);
            into.position(request.starts[i] + skip);
            if (from == null) {
                zero(into, now);
            } else {
                int stored = from.readInto(into, now, request);
                if (stored < now) {
                    return left - stored;
                }
            }
            left -= now;
            skip = 0;
        }
        return 0;
    }

    private void zero(ByteBuffer into, int length) {
        int left = length;
        while (left > 0) {
            int now = Math.min(left, zeroes.capacity());
            into.put(zeroes.clear().limit(now));
            left -= now;
        }
    }
}
