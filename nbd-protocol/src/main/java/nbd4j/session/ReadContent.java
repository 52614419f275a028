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
            chunks.add(new ReadChunk.Data(
                    offset, part.duplicate().limit(start + length).position(start)));
        }
        fill(request, relative, length, inbox);
        request.endFilling();
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
            chunks.add(new ReadChunk.Hole(offset, length));
        }
        fill(request, (int) (offset - request.offset), (int) length, null);
        request.endFilling();
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

    /** Fills a part of the destination from the wire, or with zeroes if there is no inbox. */
    private void fill(Request request, int relative, int length, @Nullable Inbox from) throws IOException {
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
                from.readInto(into, now);
            }
            left -= now;
            skip = 0;
        }
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
