// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The content of an export: implement it to serve something of your own.
 *
 * <p>Methods are called by many threads at once, also for overlapping ranges. Ranges always lie inside the size, are
 * aligned to the export's minimum block, and have at least one byte. A {@link StorageException} chooses the error the
 * client sees; any other {@link IOException} and any runtime exception becomes EIO, with its message.
 *
 * <p>The server never closes a storage: who opened it does, after the server is closed.
 */
public interface Storage extends AutoCloseable, StatusSource {
    /**
     * Returns the size, which must not change while the storage is served.
     *
     * @return bytes, 0 and more
     */
    long size();

    /**
     * Reads a range.
     *
     * @param offset bytes from the start
     * @param into filled from its position to its limit, which says how much to read
     * @throws IOException if the bytes cannot be had
     */
    void read(long offset, ByteBuffer into) throws IOException;

    /**
     * Writes a range. It need not be durable before {@link #flush} returns.
     *
     * @param offset bytes from the start
     * @param from the bytes from its position to its limit; consumed, and not touched after return
     * @throws IOException if the bytes cannot be kept
     */
    void write(long offset, ByteBuffer from) throws IOException;

    /**
     * Answers whether writes are refused for good.
     *
     * @return true if the export must be read-only
     */
    default boolean readOnly() {
        return false;
    }

    /**
     * Makes every write that has returned durable.
     *
     * @throws IOException if that cannot be promised
     */
    default void flush() throws IOException {}

    /**
     * Makes the writes to a range durable; called for commands with FUA.
     *
     * @param offset bytes from the start
     * @param length bytes
     * @throws IOException if that cannot be promised
     */
    default void flush(long offset, long length) throws IOException {
        flush();
    }

    /**
     * Makes a range read as zeroes.
     *
     * @param offset bytes from the start
     * @param length bytes
     * @param mode whether the range may become a hole
     * @throws IOException if it cannot be zeroed
     */
    default void zero(long offset, long length, ZeroMode mode) throws IOException {
        Zeroes.write(this, offset, length);
    }

    /**
     * Answers whether {@link #zero} on a range is faster than writing zeroes; asked for FAST_ZERO.
     *
     * @param offset bytes from the start
     * @param length bytes
     * @return false to have the client told ENOTSUP
     */
    default boolean zeroesFast(long offset, long length) {
        return false;
    }

    /**
     * Takes note that a range is no longer needed; its content is undefined afterwards.
     *
     * @param offset bytes from the start
     * @param length bytes
     * @throws IOException if the attempt went wrong
     */
    default void trim(long offset, long length) throws IOException {}

    /**
     * Takes note that a range will be read soon.
     *
     * @param offset bytes from the start
     * @param length bytes
     * @throws IOException if the attempt went wrong
     */
    default void cache(long offset, long length) throws IOException {}

    /**
     * Describes the start of a range for {@code base:allocation}.
     *
     * @param offset bytes from the start
     * @param length bytes, how far the answer may reach
     * @return the run of bytes at the offset, at most as long as asked
     * @throws IOException if it cannot be found out
     */
    @Override
    default Extent extentAt(long offset, long length) throws IOException {
        return Extent.data(length);
    }

    /**
     * Describes the start of a range from memory alone; asked before each read, so that zeroes are sent as a hole.
     *
     * @param offset bytes from the start
     * @param length bytes, how far the answer may reach
     * @return the run of bytes at the offset, at most as long as asked; data where nothing is known
     */
    default Extent knownExtentAt(long offset, long length) {
        return Extent.data(length);
    }

    /**
     * Answers whether commands other than flush may wait for more than memory. Those that do not are carried out by the
     * thread that reads the connection, one after the other; others run at the same time.
     *
     * @return true to run commands in parallel
     */
    default boolean mayBlock() {
        return true;
    }

    /** Forgets what is not durable: the server was killed. */
    default void crash() {}

    /**
     * Gives back what the storage holds.
     *
     * @throws IOException if that fails
     */
    @Override
    default void close() throws IOException {}
}
