// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.server.net.Wire;

/**
 * Sends replies, many in one write where they are ready together.
 *
 * <p>The thread that reads the connection collects replies with {@link #room} and {@link #flush}; other threads
 * {@link #send} theirs. {@code sending} keeps replies whole.
 */
final class Outbox {
    /** Replies of this size together are worth a write of their own. */
    private static final int BATCH = 256 << 10;
    /** Larger buffers are given back once they are sent. */
    private static final int KEPT = 2 << 20;

    private final Wire wire;
    private final ReentrantLock sending = new ReentrantLock();
    private ByteBuffer batch = ByteBuffer.allocateDirect(BATCH); // reading thread only
    private boolean closed; // guarded by sending

    Outbox(Wire wire) {
        this.wire = wire;
    }

    /** Returns the collecting buffer, with room for one more reply. */
    ByteBuffer room(int bytes) throws IOException {
        if (batch.remaining() < bytes || batch.position() >= BATCH) {
            flush();
            if (batch.capacity() < bytes) {
                batch = ByteBuffer.allocateDirect(bytes);
            }
        }
        return batch;
    }

    void flush() throws IOException {
        if (batch.position() == 0) {
            return;
        }
        send(batch.flip());
        if (batch.capacity() > KEPT) {
            batch = ByteBuffer.allocateDirect(BATCH);
        }
        batch.clear();
    }

    void send(ByteBuffer replies) throws IOException {
        sending.lock();
        try {
            if (closed) {
                throw new IOException("reply not sent, since the connection was ended on demand");
            }
            wire.write(replies);
        } finally {
            sending.unlock();
        }
    }

    /** Sends the last bytes of the connection and ends it, so that nothing follows a part of a reply. */
    void sendLast(ByteBuffer bytes, Runnable end) throws IOException {
        sending.lock();
        try {
            if (!closed) {
                closed = true;
                wire.write(bytes);
            }
            end.run();
        } finally {
            sending.unlock();
        }
    }
}
