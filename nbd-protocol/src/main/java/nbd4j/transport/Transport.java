// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Ordered bytes to and from a server: TCP, a Unix socket, a child process, or TLS over any of them.
 *
 * <p>Calls block. One thread may read while another writes; neither is done by two threads at once. {@link #close} may
 * be called by any thread at any time and ends a read or write in progress with an {@code IOException}. Interrupting a
 * thread inside a read or write closes the transport, as with every channel of the JDK.
 *
 * <p>There are no time limits here; whoever waits sets a {@link Watchdog}.
 */
public interface Transport extends Closeable {
    /**
     * Reads at least one byte into what remains of a buffer that has room.
     *
     * @return how many bytes were read; -1 at the end of the stream
     * @throws IOException if the wire fails
     */
    int read(ByteBuffer into) throws IOException;

    /**
     * Reads at least one byte, first into one buffer, then into the other. Either may be full, not both.
     *
     * @return how many bytes were read into both together; -1 at the end of the stream
     * @throws IOException if the wire fails
     */
    long read(ByteBuffer first, ByteBuffer second) throws IOException;

    /**
     * Writes all that remains in some buffers, in order.
     *
     * @param buffers an array that the caller keeps; positions move to limits
     * @param count how many of the buffers, from the first, to write
     * @throws IOException if the wire fails; some of the bytes may have been sent
     */
    void write(ByteBuffer[] buffers, int count) throws IOException;

    /** Writes all that remains in one buffer. */
    void write(ByteBuffer buffer) throws IOException;

    /**
     * Tells the server that nothing more will be sent: TLS close_notify, then the end of the stream. Reading goes on.
     * Failures are of no consequence to the caller and are not reported.
     */
    void closeOutput();

    /** Closes at once, idempotent, never blocks. */
    @Override
    void close();

    /**
     * Returns how many bytes have gone out so far, for those who watch whether a long write makes progress. Any thread.
     * A transport that does not count returns 0.
     */
    default long bytesSent() {
        return 0;
    }

    /** Returns whether {@link #close} was called or the transport failed. */
    boolean isClosed();

    /** Returns whether the bytes are encrypted. */
    boolean tls();

    /** Returns the peer for people, without secrets and safe to show: {@code host:port}, or a socket's path. */
    String peer();
}
