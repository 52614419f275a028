// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads ahead, so that many small messages cost one read. Used by one thread. */
public final class Input {
    /** Room for many requests, and for the payload of a usual small write. */
    public static final int READ_AHEAD = 64 << 10;

    private final Wire wire;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_AHEAD).flip();

    /**
     * Creates an input that has read nothing yet.
     *
     * @param wire where the bytes come from
     */
    public Input(Wire wire) {
        this.wire = wire;
    }

    /**
     * Waits until some bytes can be taken from {@link #buffer()}.
     *
     * @param count at most 65 536
     * @return false if the peer's bytes ended before the first of them
     * @throws IOException if they ended in the middle, or the connection is lost
     */
    public boolean await(int count) throws IOException {
        if (buffer.remaining() >= count) {
            return true;
        }
        buffer.compact();
        try {
            while (buffer.position() < count) {
                if (wire.read(buffer) < 0) {
                    if (buffer.position() == 0) {
                        return false;
                    }
                    throw new EOFException(
                            "the client closed the connection " + buffer.position() + " bytes into " + count);
                }
            }
        } finally {
            buffer.flip();
        }
        return true;
    }

    /**
     * Waits as {@link #await}, where an end is a failure.
     *
     * @param count at most 65 536
     * @return the buffer, with at least that many bytes
     * @throws IOException if the bytes end, or the connection is lost
     */
    public ByteBuffer need(int count) throws IOException {
        if (!await(count)) {
            throw new EOFException("the client closed the connection before a message of " + count + " bytes");
        }
        return buffer;
    }

    /**
     * Returns the bytes read ahead, from position to limit.
     *
     * @return shared: taking from it takes from this input
     */
    public ByteBuffer buffer() {
        return buffer;
    }

    /**
     * Answers whether bytes can be taken without reading.
     *
     * @param count bytes
     * @return true if they are in the buffer
     */
    public boolean has(long count) {
        return buffer.remaining() >= count;
    }

    /**
     * Fills a buffer, large reads going straight into it.
     *
     * @param into filled to its limit
     * @throws IOException if the bytes end, or the connection is lost
     */
    public void readFully(ByteBuffer into) throws IOException {
        int ready = Math.min(buffer.remaining(), into.remaining());
        into.put(into.position(), buffer, buffer.position(), ready);
        into.position(into.position() + ready);
        buffer.position(buffer.position() + ready);
        while (into.hasRemaining()) {
            if (wire.read(into) < 0) {
                throw new EOFException("the client closed the connection with " + into.remaining() + " bytes to come");
            }
        }
    }

    /**
     * Reads bytes and forgets them.
     *
     * @param count bytes
     * @throws IOException if the bytes end, or the connection is lost
     */
    public void skip(long count) throws IOException {
        long left = count;
        while (left > 0) {
            need(1);
            int step = (int) Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + step);
            left -= step;
        }
    }
}
