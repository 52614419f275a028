// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks and carries out requests and writes their replies. Holds no state but the session, so any number of threads
 * may be in it.
 *
 * <p>Source: proto.md, "Request types".
 */
final class CommandRunner {
    private static final Logger LOG = LoggerFactory.getLogger(CommandRunner.class);
    /** Most chunks of one read; what is left after that many goes as data. Keeps the room for headers small. */
    private static final int MAXIMUM_CHUNKS = 128;

    private final Export export;
    private final Storage storage;
    private final ReplyStyle style;
    private final List<Context> contexts;
    private final RequestRules rules;
    private final Replies replies;
    private final StatusReply status;

    CommandRunner(Session session) {
        export = session.export();
        storage = export.storage();
        style = session.style();
        contexts = session.contexts();
        rules = new RequestRules(export, style, contexts.size());
        replies = new Replies(style);
        status = new StatusReply(replies, style, export.options().limits().minimum());
    }

    /** Returns whether a request should not hold up those behind it. */
    boolean mayBlock(Request request) {
        if (storage.mayBlock()) {
            return true;
        }
        if (request.is(Command.READ)) {
            return false;
        }
        boolean quick = storage instanceof MemoryStorage || storage instanceof PatternStorage;
        return !quick && (!request.is(Command.WRITE) || request.has(Command.FUA));
    }

    /** Returns how many bytes the reply may take. */
    int room(Request request) {
        if (request.is(Command.READ) && rules.payloadFits(request.length())) {
            return (int) request.length() + Replies.ROOM;
        }
        if (request.is(Command.BLOCK_STATUS)) {
            return Replies.ROOM + contexts.size() * StatusReply.room(request);
        }
        return Replies.ROOM;
    }

    /** Returns the largest payload that {@link #run} can use. */
    long longestPayload() {
        return export.options().limits().maximumPayload();
    }

    void refuse(Request request, int error, @Nullable String message, ByteBuffer out) {
        replies.error(out, request, error, message);
    }

    /** Carries a request out, appends the reply, and returns its error or 0. */
    int run(Request request, ByteBuffer payload, ByteBuffer out) {
        int start = out.position();
        try {
            var command = rules.check(request, payload);
            execute(command, request, payload, out);
            return 0;
        } catch (StorageException refusal) {
            out.position(start);
            refuse(request, refusal.error().number(), refusal.getMessage(), out);
            return refusal.error().number();
        } catch (IOException | RuntimeException failure) {
            LOG.debug(
                    "command {} at {} of {} bytes failed", request.type(), request.offset(), request.length(), failure);
            out.limit(out.capacity()).position(start);
            var error = isFull(failure) ? ErrorCode.ENOSPC : ErrorCode.EIO;
            refuse(request, error.number(), failure.getMessage(), out);
            return error.number();
        }
    }

    /** A full disk has no exception of its own in Java; its message is that of the C library. */
    private static boolean isFull(Exception failure) {
        var message = failure.getMessage();
        return message != null && message.contains("No space left on device");
    }

    private void execute(Command command, Request request, ByteBuffer payload, ByteBuffer out) throws IOException {
        long offset = request.offset();
        long length = request.length();
        switch (command) {
            case READ -> {
                read(request, (int) length, out);
                return;
            }
            case BLOCK_STATUS -> {
                blockStatus(request, payload, out);
                return;
            }
            case FLUSH -> storage.flush();
            case DISC -> throw new IllegalStateException("DISC has no reply");
            case WRITE, TRIM, CACHE, WRITE_ZEROES -> {
                if (length > 0) {
                    change(command, request, payload);
                }
            }
        }
        if (request.has(Command.FUA) && command != Command.FLUSH && length > 0) {
            storage.flush(offset, length);
        }
        replies.success(out, request);
    }

    private void change(Command command, Request request, ByteBuffer payload) throws IOException {
        long offset = request.offset();
        long length = request.length();
        switch (command) {
            case WRITE -> storage.write(offset, payload);
            case TRIM -> storage.trim(offset, length);
            case CACHE -> storage.cache(offset, length);
            default -> {
                if (request.has(Command.FAST_ZERO) && !storage.zeroesFast(offset, length)) {
                    throw new StorageException(ErrorCode.ENOTSUP, "zeroing this range is as slow as writing it");
                }
                storage.zero(
                        offset, length, request.has(Command.NO_HOLE) ? ZeroMode.KEEP_ALLOCATED : ZeroMode.MAY_PUNCH);
            }
        }
    }

    private void read(Request request, int length, ByteBuffer out) throws IOException {
        if (style == ReplyStyle.SIMPLE) {
            replies.simple(out, request, 0);
            readBytes(request.offset(), length, out);
            return;
        }
        if (length == 0) {
            replies.none(out, request);
            return;
        }
        int chunks = request.has(Command.DF) ? 1 : MAXIMUM_CHUNKS;
        int done = 0;
        while (done < length) {
            long at = request.offset() + done;
            int left = length - done;
            var extent = export.can(Capability.HOLE_CHUNKS) ? storage.knownExtentAt(at, left) : Extent.data(left);
            boolean zero = (extent.flags() & Extent.ZERO) != 0;
            int run = (int) Math.min(left, extent.length());
            if (--chunks == 0 && run < left) {
                zero = false;
                run = left;
            }
            int flags = run == left ? Numbers.CHUNK_DONE : 0;
            if (zero) {
                replies.hole(out, request, flags, at, run);
            } else {
                replies.data(out, request, flags, at, run);
                readBytes(at, run, out);
            }
            done += run;
        }
    }

    private void readBytes(long offset, int length, ByteBuffer out) throws IOException {
        if (length == 0) {
            return;
        }
        out.limit(out.position() + length);
        storage.read(offset, out);
        if (out.hasRemaining()) {
            throw new IOException("storage left " + out.remaining() + " of " + length + " bytes unread");
        }
        out.limit(out.capacity());
    }

    private void blockStatus(Request request, ByteBuffer payload, ByteBuffer out) throws IOException {
        long length = request.length();
        var asked = contexts;
        if (request.has(Command.PAYLOAD_LEN)) {
            length = payload.getLong();
            asked = chosen(payload);
        }
        for (int i = 0; i < asked.size(); i++) {
            status.write(out, request, length, asked.get(i), i == asked.size() - 1);
        }
    }

    private List<Context> chosen(ByteBuffer ids) throws StorageException {
        var chosen = new ArrayList<Context>();
        while (ids.hasRemaining()) {
            int id = ids.getInt();
            var context = contexts.stream().filter(one -> one.id() == id).findFirst();
            if (context.isEmpty() || chosen.contains(context.get())) {
                throw new StorageException(
                        ErrorCode.EINVAL, "context " + id + " was not negotiated, or is asked for twice");
            }
            chosen.add(context.get());
        }
        return chosen;
    }
}
