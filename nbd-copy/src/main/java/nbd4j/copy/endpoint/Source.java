// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import nbd4j.model.BlockSizes;
import nbd4j.model.Extent;
import nbd4j.model.NbdException;

/**
 * Where a copy reads from: an NBD export, a file, a stream, or whatever an agent brings along.
 *
 * <p>The copier asks the questions once, before it begins, and plans by the answers. Unless {@link #sequential} is
 * true, up to {@link #maximumParallel} threads call {@link #read} at the same time, and others call {@link #extents}
 * meanwhile. None of these threads is interrupted while it is inside a call. Offsets and lengths are bytes; the copier
 * never asks beyond {@link #size} and obeys {@link #blockSizes}.
 *
 * <p>Take care when adding methods: everyone who wrote a source has to follow.
 */
public interface Source extends AutoCloseable {
    /** Returns what to call this source in messages, such as its URI or path, without secrets. */
    String name();

    /** Returns the size in bytes, or nothing if it shows only at the end, which only a sequential source may say. */
    OptionalLong size();

    /** Returns the request sizes that {@link #read} takes. */
    BlockSizes blockSizes();

    /** Returns how many reads may be under way at once, at least 1. */
    int maximumParallel();

    /** Returns whether the source can only be read from front to back, by one thread. */
    default boolean sequential() {
        return false;
    }

    /** Returns whether {@link #extents} knows more than nothing. */
    default boolean canExtents() {
        return false;
    }

    /** Returns the largest length to pass to {@link #extents}, in bytes; a power of two, at least 32 MiB. */
    default long maximumExtents() {
        return 1L << 30;
    }

    /**
     * Returns what is known of a range, in order and without gaps from {@code offset} on. It may cover less than was
     * asked, but at least one byte; the copier asks again for the rest. Only ranges whose {@link Extent#zero} is true
     * are not read.
     *
     * @param offset bytes, a multiple of the minimum block
     * @param length bytes, a multiple of the minimum block or up to the end
     * @throws IOException if it cannot be found out; the range is then read
     */
    default List<Extent> extents(long offset, long length) throws IOException {
        return List.of(new Extent(offset, length, 0));
    }

    /**
     * Fills what remains of a buffer with the bytes at {@code offset}, or throws. Only a source of unknown size may
     * leave the buffer not full, at its end. The buffer is not touched after the return.
     *
     * @param offset bytes; a sequential source is asked where the read before it ended
     * @param into direct or not; its position moves to its limit
     * @throws java.io.EOFException if the source ends inside the range
     * @throws IOException if the bytes cannot be had
     */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Returns with how many pipelines the source is read best; 0 if it has none. */
    default int pipelines() {
        return 0;
    }

    /**
     * Returns a way for the thread that calls to have several reads under way. Called only where {@link #pipelines} is
     * not 0, by one thread or several. What fails in a pipeline is read again by {@link #read}.
     */
    default ReadPipeline pipeline() {
        throw new IllegalStateException(name() + " has no pipelines");
    }

    /** Returns whether the same call may succeed later, so that the copier is to try again for a while. */
    default boolean retryable(IOException failure) {
        return failure instanceof NbdException nbd && nbd.retryable();
    }

    /** Returns how often the source had to be connected to again. */
    default long reconnects() {
        return 0;
    }

    /** Gives back what the source holds, in bounded time. Calls under way fail. Idempotent. */
    @Override
    void close() throws IOException;
}
