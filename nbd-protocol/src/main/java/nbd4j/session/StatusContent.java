// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import nbd4j.model.CommandFlag;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.Printable;
import nbd4j.wire.Unsigned;

/**
 * Reads the content of block status chunks. Descriptors are read one by one from what has arrived, so a chunk of a
 * million of them needs no buffer of its size. Owned by the receiver.
 *
 * <p>A last descriptor that runs past the end of the export is clipped, and so is the only one of a request for one
 * that is longer than asked: nothing is lost by either.
 *
 * <p>Source: proto.md, {@code NBD_REPLY_TYPE_BLOCK_STATUS}, {@code NBD_REPLY_TYPE_BLOCK_STATUS_EXT}.
 */
final class StatusContent {
    /** Most descriptors in one chunk, as the specification asks of servers. */
    private static final long MAXIMUM_DESCRIPTORS = 1 << 20;

    private final Inbox inbox;
    private final long exportSize;

    StatusContent(Inbox inbox, long exportSize) {
        this.inbox = inbox;
        this.exportSize = exportSize;
    }

    /** Reads a chunk of 32-bit descriptors. */
    void compact(Request request, long length) throws IOException {
        if (length < 12 || (length - 4) % 8 != 0 || (length - 4) / 8 > MAXIMUM_DESCRIPTORS) {
            throw badLength(request, length, "4 + 8");
        }
        long id = Unsigned.u32(inbox.require(4));
        descriptors(request, id, (int) ((length - 4) / 8), false);
    }

    /** Reads a chunk of 64-bit descriptors. */
    void extended(Request request, long length) throws IOException {
        if (length < 24 || (length - 8) % 16 != 0 || (length - 8) / 16 > MAXIMUM_DESCRIPTORS) {
            throw badLength(request, length, "8 + 16");
        }
        ByteBuffer in = inbox.require(8);
        long id = Unsigned.u32(in);
        long count = Unsigned.u32(in);
        if (8 + 16 * count != length) {
            throw Receiver.breach(
                    request,
                    "the server sent a status chunk of %d bytes that claims %d descriptors".formatted(length, count));
        }
        descriptors(request, id, (int) count, true);
    }

    private static NbdProtocolException badLength(Request request, long length, String rule) {
        return Receiver.breach(
                request,
                "the server sent a status chunk of %s bytes; %s for each of 1 to %d descriptors are allowed"
                        .formatted(Long.toUnsignedString(length), rule, MAXIMUM_DESCRIPTORS));
    }

    private void descriptors(Request request, long id, int count, boolean extended) throws IOException {
        StatusReply reply = request.status;
        int index = reply == null ? -1 : reply.indexOf(id);
        if (reply == null || index < 0) {
            throw Receiver.breach(request, "the server sent a status for context id %d, not asked for".formatted(id));
        }
        String name = reply.context(index).name();
        if (reply.has(index)) {
            throw Receiver.breach(
                    request, "the server sent the status of context %s twice".formatted(Printable.escape(name)));
        }
        boolean one = (request.flags & CommandFlag.REQ_ONE.bit()) != 0;
        if (one && count > 1) {
            throw Receiver.breach(request, "the server sent %d descriptors, though asked for one".formatted(count));
        }
        var descriptors = reply.begin(index);
        boolean flagsOf32Bits = name.startsWith("base:");
        // Never negative: the loop ends before an addition that would pass the end of the export.
        long covered = 0;
        long room = exportSize - request.offset;
        for (int i = 0; i < count; i++) {
            ByteBuffer in = inbox.require(extended ? 16 : 8);
            long length = extended ? in.getLong() : Unsigned.u32(in);
            long flags = extended ? in.getLong() : Unsigned.u32(in);
            if (length == 0) {
                throw Receiver.breach(request, "the server sent a descriptor of 0 bytes");
            }
            if (i > 0 && covered >= request.affected()) {
                throw Receiver.breach(
                        request, "the server sent a descriptor behind the %d bytes asked for".formatted(covered));
            }
            if (covered >= room) {
                throw Receiver.breach(request, "the server sent a descriptor behind the end of the export");
            }
            if (flagsOf32Bits && flags >>> 32 != 0) {
                throw Receiver.breach(
                        request,
                        "the server sent flags 0x%x for context %s, which has 32 bits"
                                .formatted(flags, Printable.escape(name)));
            }
            long limit = one ? Math.min(room, request.affected()) : room;
            long clipped = Long.compareUnsigned(length, limit - covered) > 0 ? limit - covered : length;
            descriptors.append(clipped, flags);
            covered += clipped;
        }
    }
}
