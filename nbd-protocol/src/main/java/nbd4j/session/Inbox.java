// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.transport.Transport;

/**
 * The bytes from the server, read ahead so that headers and small replies cost few reads, while large payloads go
 * straight to where they belong. Owned by the receiver; not thread-safe.
 */
final class Inbox {
    /** Room to read ahead. Several replies to small reads fit; more would mean copying more of large ones. */
    private static final int CAPACITY = 64 << 10;
    /**
     * Room to read ahead behind a large payload: enough for the next header, so that it costs no read of its own, and
     * little enough that hardly any of the next payload must be copied.
     */
    private static final int BEHIND_LARGE = 64;
    /** A payload from this size on is large. */
    private static final int LARGE = 32 << 10;

    private final Transport transport;
    private final Counters counters;
    /** From position to limit: bytes that have arrived and are not used yet. */
    private final ByteBuffer ahead = ByteBuffer.allocateDirect(CAPACITY).limit(0);
    /** A view of the same memory, for reading into. */
    private final ByteBuffer room = ahead.duplicate();

    Inbox(Transport transport, Counters counters) {
        this.transport = transport;
        this.counters = counters;
    }

    /** Waits until this many bytes, at most 64 KiB, are there, and returns the buffer that begins with them. */
    ByteBuffer require(int bytes) throws IOException {
        while (ahead.remaining() < bytes) {
            if (ahead.capacity() - ahead.position() < bytes || !ahead.hasRemaining()) {
                ahead.compact().flip();
            }
            room.limit(CAPACITY).position(ahead.limit());
            counters.received(checkEnd(transport.read(room)));
            ahead.limit(room.position());
        }
        return ahead;
    }

    /**
     * Fills a buffer from its position on with this many bytes; the buffer's limit is as before, afterwards. Stops early
     * when the request's caller wants the buffer back.
     *
     * @return how many bytes were stored
     */
    int readInto(ByteBuffer into, int bytes, Request request) throws IOException {
        int limit = into.limit();
        int start = into.position();
        int have = Math.min(bytes, ahead.remaining());
        if (have > 0) {
            int aheadLimit = ahead.limit();
            into.put(ahead.limit(ahead.position() + have));
            ahead.limit(aheadLimit);
        }
        if (have == bytes) {
            return bytes;
        }
        int end = start + bytes;
        ahead.clear().limit(0);
        into.limit(end);
        try {
            while (into.position() < end && !request.isWantedBack()) {
                room.clear().limit(end - into.position() >= LARGE ? BEHIND_LARGE : CAPACITY);
                counters.received(checkEnd(transport.read(into, room)));
                ahead.limit(room.position());
            }
        } finally {
            into.limit(limit);
        }
        return into.position() - start;
    }

    /** Throws bytes away. */
    void skip(long bytes) throws IOException {
        long left = bytes;
        while (left > 0) {
            require(1);
            int now = (int) Math.min(left, ahead.remaining());
            ahead.position(ahead.position() + now);
            left -= now;
        }
    }

    private static long checkEnd(long read) throws NbdDisconnectedException {
        if (read < 0) {
            throw new NbdDisconnectedException("the server closed the connection");
        }
        return read;
    }
}
