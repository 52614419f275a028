// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockStatus;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.Extent;
import nbd4j.model.ReadChunk;

/**
 * The commands of NBD on a pool: each call goes over whichever live connection has the fewest bytes outstanding.
 *
 * <p>Any number of threads may call. Calls block, and wait in order where every connection is busy, leased or lost.
 * Offsets and lengths are bytes. Buffers belong to the caller again when a call returns or throws; after success the
 * position of a buffer is its limit. Calls in flight at the same time are not ordered: who wants one write after the
 * other waits for the first.
 *
 * <p>Besides what each command may throw on a connection: {@code NbdTimeoutException} if no connection could be had in
 * time, with the pool's counts in the message; {@code NbdDisconnectedException} if the pool is closed;
 * {@code NbdNegotiationException} if the server came back with another export; {@code InterruptedIOException}, the
 * thread's interrupt status set, if the caller is interrupted.
 */
public interface SharedCalls {
    /** Returns what all connections of the pool are connected to. */
    Export export();

    /** Reads into what remains of a buffer. */
    default void read(long offset, ByteBuffer into) throws IOException {
        read(offset, into, Set.of());
    }

    /** Reads into what remains of a buffer. */
    void read(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException;

    /** Reads into what remains of a buffer and returns data and holes as the server sent them. */
    List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException;

    /** Writes what remains of a buffer. */
    default void write(long offset, ByteBuffer from) throws IOException {
        write(offset, from, Set.of());
    }

    /** Writes what remains of a buffer. */
    void write(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException;

    /** Makes a range read as zeroes. */
    void writeZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException;

    /** Tells the server that the contents of a range are not needed any more. */
    void trim(long offset, long length, Set<CommandFlag> flags) throws IOException;

    /** Asks the server to have a range at hand. */
    void cache(long offset, long length) throws IOException;

    /** Asks once for the status of a range, in all contexts; the answer may cover less than was asked for. */
    List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags) throws IOException;

    /** Returns the status of a whole range in one context, asking as often as it takes. */
    List<Extent> extents(String context, long offset, long length) throws IOException;

    /**
     * Makes writes durable: every write, trim and write of zeroes that had returned before this call began, over
     * whichever connection, and in the lifetime that this call returns.
     *
     * <p>So a writer asks for {@link #lifetime()} before each write and keeps the number with the range. After a flush,
     * ranges with the number that the flush returned are durable. Ranges with another number may be gone and must be
     * written again.
     *
     * <p>One flush over one connection is enough: the pool has several only where the server advertises CAN_MULTI_CONN,
     * which promises just that (proto.md, "Transmission flags"). A flush that fails, or whose answer is lost, begins a
     * new lifetime, since it is not known what became of the writes before it.
     *
     * @return the lifetime on which the flush succeeded
     */
    long flush() throws IOException;

    /**
     * Returns the lifetime of the server: a number that grows when what was written since the last good flush may be
     * gone. That is after a reconnect before which every connection was lost, so that the server may have been started
     * anew, and after a failed flush. It stays the same while some connection lives through the loss of others.
     */
    long lifetime();
}
