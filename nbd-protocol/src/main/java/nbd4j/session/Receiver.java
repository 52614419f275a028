// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import nbd4j.model.NbdError;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.Printable;
import nbd4j.model.ReplyStyle;
import nbd4j.wire.ChunkHeader;
import nbd4j.wire.ChunkType;
import nbd4j.wire.Command;
import nbd4j.wire.SimpleReply;
import nbd4j.wire.Unsigned;

/**
 * Reads replies and completes the requests they answer. Whatever breaks a rule ends the session: nothing is
 * resynchronised by guessing.
 *
 * <p>One thread at a time is inside, under the session's receive lock. No length from the server is believed before it
 * was compared with what the request allows.
 *
 * <p>Source: proto.md, "Simple reply message", "Structured reply chunk message", "Structured reply types".
 */
final class Receiver {
    /** Longest text a server may send. */
    private static final int MAXIMUM_STRING = 4096;
    /** Largest error chunk: error, text and offset, and some room for what future error types add. */
    private static final int MAXIMUM_ERROR_CHUNK = 6 + MAXIMUM_STRING + 8 + MAXIMUM_STRING;
    /** Most error chunks in one reply; no server has a reason for more. */
    private static final int MAXIMUM_ERROR_CHUNKS = 1024;

    private final Inbox inbox;
    private final ReplyStyle style;
    private final InFlight inFlight;
    private final ReadContent content;
    private final StatusContent status;
    private final Counters counters;
    private final WireTrace trace;
    private final Completion completion;

    /** What happens when a request is answered. */
    interface Completion {
        /** Takes a request whose result is set. */
        void complete(Request request);
    }

    Receiver(
            Inbox inbox,
            ReplyStyle style,
            long exportSize,
            InFlight inFlight,
            Counters counters,
            WireTrace trace,
            Completion completion) {
        this.inbox = inbox;
        this.style = style;
        this.inFlight = inFlight;
        this.counters = counters;
        this.trace = trace;
        this.completion = completion;
        content = new ReadContent(inbox, counters);
        status = new StatusContent(inbox, exportSize);
    }

    /** Reads one simple reply or one chunk. */
    void receive() throws IOException {
        int magic = inbox.require(4).getInt();
        counters.chunk();
        if (magic == SimpleReply.MAGIC && style != ReplyStyle.EXTENDED) {
            var reply = SimpleReply.readBehindMagic(inbox.require(SimpleReply.BYTES - 4));
            // Not the record: what is not handed on is not allocated.
            simple(reply.error(), reply.cookie());
        } else if (magic == ChunkHeader.STRUCTURED_MAGIC && style == ReplyStyle.STRUCTURED) {
            chunk(ChunkHeader.readStructuredBehindMagic(inbox.require(ChunkHeader.STRUCTURED_BYTES - 4)));
        } else if (magic == ChunkHeader.EXTENDED_MAGIC && style == ReplyStyle.EXTENDED) {
            chunk(ChunkHeader.readExtendedBehindMagic(inbox.require(ChunkHeader.EXTENDED_BYTES - 4)));
        } else {
            throw new NbdProtocolException("the server sent a reply with magic 0x%08x; with %s replies negotiated, %s"
                    .formatted(magic, style.name().toLowerCase(Locale.ROOT), expectedMagics()));
        }
    }

    private String expectedMagics() {
        return switch (style) {
            case SIMPLE -> "only 0x67446698 is allowed";
            case STRUCTURED -> "only 0x67446698 and 0x668e33ef are allowed";
            case EXTENDED -> "only 0x6e8a278c is allowed";
        };
    }

    private Request find(long cookie) throws NbdProtocolException {
        Request request = inFlight.find(cookie);
        if (request == null) {
            throw new NbdProtocolException(
                    "the server sent a reply with cookie 0x%x, which no request in flight has".formatted(cookie));
        }
        return request;
    }

    private void simple(long error, long cookie) throws IOException {
        trace.simple(cookie, error);
        Request request = find(cookie);
        if (request.command == Command.READ && style != ReplyStyle.SIMPLE) {
            throw breach(request, "the server answered with a simple reply, though structured replies are negotiated");
        }
        if (request.command == Command.BLOCK_STATUS && error == 0) {
            throw breach(request, "the server answered with success and no status");
        }
        if (error != 0) {
            request.errorValue = error;
            request.shutsDown = error == NbdError.ESHUTDOWN.value();
        } else if (request.command == Command.READ) {
            content.all(request);
        }
        completion.complete(request);
    }

    private void chunk(ChunkHeader header) throws IOException {
        trace.chunk(header.type(), header.flags(), header.cookie(), header.length());
        Request request = find(header.cookie());
        if (style == ReplyStyle.EXTENDED && header.offset() != request.offset) {
            throw breach(
                    request,
                    "the server's chunk repeats the offset as %s".formatted(Long.toUnsignedString(header.offset())));
        }
        int type = header.type();
        switch (type) {
            case ChunkType.NONE -> none(request, header);
            case ChunkType.OFFSET_DATA -> data(request, header);
            case ChunkType.OFFSET_HOLE -> hole(request, header);
            case ChunkType.BLOCK_STATUS -> {
                only(request, header, Command.BLOCK_STATUS, style == ReplyStyle.STRUCTURED);
                status.compact(request, header.length());
            }
            case ChunkType.BLOCK_STATUS_EXT -> {
                only(request, header, Command.BLOCK_STATUS, style == ReplyStyle.EXTENDED);
                status.extended(request, header.length());
            }
            default -> {
                if (!ChunkType.isError(type)) {
                    throw breach(request, "the server sent a chunk of unknown type %d".formatted(type));
                }
                error(request, header);
            }
        }
        if (header.done()) {
            finish(request);
        }
    }

    private static void only(Request request, ChunkHeader header, Command command, boolean legal)
            throws NbdProtocolException {
        if (request.command != command || !legal) {
            throw breach(
                    request, "the server sent a chunk of type %d, which is not legal here".formatted(header.type()));
        }
    }

    private static void none(Request request, ChunkHeader header) throws NbdProtocolException {
        if (header.length() != 0 || !header.done()) {
            throw breach(
                    request,
                    "the server sent an empty chunk of %s bytes, flags 0x%x; it must have 0 bytes and be the last"
                            .formatted(Long.toUnsignedString(header.length()), header.flags()));
        }
    }

    private void data(Request request, ChunkHeader header) throws IOException {
        only(request, header, Command.READ, true);
        if (header.length() < 9 || header.length() - 8 > request.length) {
            throw breach(
                    request,
                    "the server sent a data chunk of %s bytes; 9 to %d are allowed"
                            .formatted(Long.toUnsignedString(header.length()), request.length + 8));
        }
        long offset = inbox.require(8).getLong();
        content.data(request, offset, (int) (header.length() - 8));
    }

    private void hole(Request request, ChunkHeader header) throws IOException {
        only(request, header, Command.READ, true);
        if (header.length() != 12) {
            throw breach(
                    request,
                    "the server sent a hole chunk of %s bytes; it must have 12"
                            .formatted(Long.toUnsignedString(header.length())));
        }
        ByteBuffer in = inbox.require(12);
        content.hole(request, in.getLong(), Unsigned.u32(in));
    }

    private void error(Request request, ChunkHeader header) throws IOException {
        boolean withOffset = header.type() == ChunkType.ERROR_OFFSET;
        int fixed = withOffset ? 14 : 6;
        if (header.length() < fixed || header.length() > MAXIMUM_ERROR_CHUNK) {
            throw breach(
                    request,
                    "the server sent an error chunk of %s bytes; %d to %d are allowed"
                            .formatted(Long.toUnsignedString(header.length()), fixed, MAXIMUM_ERROR_CHUNK));
        }
        if (withOffset && request.command == Command.FLUSH) {
            throw breach(request, "the server sent an error with an offset, which this command has not");
        }
        if (++request.errorChunks > MAXIMUM_ERROR_CHUNKS) {
            throw breach(request, "the server sent more than %d error chunks".formatted(MAXIMUM_ERROR_CHUNKS));
        }
        ByteBuffer in = inbox.require((int) header.length());
        int end = in.position() + (int) header.length();
        long value = Unsigned.u32(in);
        int textLength = Unsigned.u16(in);
        if (value == 0) {
            throw breach(request, "the server sent an error chunk with error 0");
        }
        if (textLength > header.length() - fixed || textLength > MAXIMUM_STRING) {
            throw breach(
                    request,
                    "the server sent an error chunk of %d bytes with a text of %d; at most %d are allowed"
                            .formatted(header.length(), textLength, Math.min(header.length() - fixed, MAXIMUM_STRING)));
        }
        byte[] text = new byte[textLength];
        in.get(text);
        long offset = -1;
        if (withOffset) {
            offset = in.getLong();
            if (!Unsigned.isInside(offset - request.offset, 1, request.affected())) {
                throw breach(
                        request,
                        "the server sent an error at offset %s, outside the request"
                                .formatted(Long.toUnsignedString(offset)));
            }
            rememberErrorOffset(request, offset);
        }
        in.position(end);
        // The first error is the one to report, but a server that goes away must be heard.
        request.shutsDown |= value == NbdError.ESHUTDOWN.value();
        if (request.errorValue == 0) {
            request.errorValue = value;
            request.errorText = Printable.escape(text);
            request.errorOffset = offset;
        }
    }

    private static void rememberErrorOffset(Request request, long offset) {
        long[] known = request.errorOffsets;
        if (known == null) {
            request.errorOffsets = new long[] {offset};
        } else {
            request.errorOffsets = Arrays.copyOf(known, known.length + 1);
            request.errorOffsets[known.length] = offset;
        }
    }

    private void finish(Request request) throws NbdProtocolException {
        if (request.errorValue == 0) {
            if (request.command == Command.READ && !request.coverage.isComplete()) {
                throw breach(
                        request,
                        "the server claimed success, but %d bytes are missing".formatted(request.coverage.missing()));
            }
            StatusReply reply = request.status;
            if (reply != null) {
                var missing = reply.missing();
                if (missing != null) {
                    throw breach(
                            request,
                            "the server claimed success, but sent no status for context "
                                    + Printable.escape(missing.name()));
                }
            }
        }
        completion.complete(request);
    }

    static NbdProtocolException breach(Request request, String found) {
        return new NbdProtocolException("%s of %d bytes at %d: %s"
                .formatted(request.command.words(), request.affected(), request.offset, found));
    }
}
