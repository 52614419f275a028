// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Ordered bytes to and from one client.
 *
 * <p>One thread reads at a time and one thread writes at a time; both may happen at once. Closing from any thread ends
 * both with an exception.
 */
public sealed interface Wire extends AutoCloseable permits CutWire, PlainWire, TimedWire, TlsWire {
    /**
     * Reads at least one byte, as many as fit and are there.
     *
     * @param into takes the bytes; must have room
     * @return how many bytes were read, or -1 after the peer's last byte
     * @throws IOException if the connection is lost
     */
    int read(ByteBuffer into) throws IOException;

    /**
     * Writes all remaining bytes.
     *
     * @param from the bytes; empty afterwards
     * @throws IOException if the connection is lost
     */
    void write(ByteBuffer from) throws IOException;

    /**
     * Tells the peer that no more bytes follow, and still reads.
     *
     * @throws IOException if the connection is lost
     */
    void finish() throws IOException;

    /** Closes without waiting. Does nothing the second time. */
    @Override
    void close();

    /** Closes so that a TCP peer sees a reset; over a Unix socket the same as {@link #close()}. */
    void reset();
}
