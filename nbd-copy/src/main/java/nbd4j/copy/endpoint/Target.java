// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import nbd4j.model.BlockSizes;
import nbd4j.model.NbdException;

/**
 * Where a copy writes to: an NBD export, a file, a device, a stream, nothing, or whatever an agent brings along.
 *
 * <p>The order of calls: the questions; {@link #expectFlush} or not; {@link #begin}; any number of {@link #write} and {@link
 * #zero}; {@link #flush} after all of them were answered; {@link #finish}; {@link #close}. A close without a finish means
 * that the copy did not come to its end. Unless {@link #sequential} is true, up to {@link #maximumParallel} threads write and zero at the same
 * time, on ranges that do not overlap. None of them is interrupted while it is inside a call.
 *
 * <p>Take care when adding methods: everyone who wrote a target has to follow.
 */
public interface Target extends AutoCloseable {
    /** Returns what to call this target in messages, such as its URI or path, without secrets. */
    String name();

    /** Returns the capacity in bytes, or nothing if the target takes what comes. */
    OptionalLong size();

    /** Returns the request sizes that {@link #write} and {@link #zero} take. */
    BlockSizes blockSizes();

    /**
     * Returns the length of a write, in bytes, that suits the target best, for copies whose user has no wish; 0 if it does
     * not matter. Unlike the preferred block size it says nothing of alignment.
     *
     * @param durable whether {@link #flush} will be called in the end
     */
    default int bestWrite(boolean durable) {
        return 0;
    }

    /** Returns how many calls may be under way at once, at least 1. */
    int maximumParallel();

    /** Returns whether the target must be written from front to back, by one thread. */
    default boolean sequential() {
        return false;
    }

    /** Returns whether {@link #zero} can do anything. */
    default boolean canZero() {
        return false;
    }

    /** Returns whether the target can tell a fast way of zeroing from a slow one. For reports. */
    default boolean canFastZero() {
        return false;
    }

    /** Returns whether {@link #flush} makes durable what was written. */
    boolean canFlush();

    /** Returns whether what is written is thrown away, so that looking for zeroes in it is of no use. */
    default boolean forgets() {
        return false;
    }

    /** Returns whether all of the target reads as zeroes as it is, so that zeroes need not be written. */
    default boolean isZeroAlready() {
        return false;
    }

    /**
     * Tells the target that {@link #flush} will be called in the end, so that it need not put off what it would have to do
     * then. Called at most once, before {@link #begin}.
     */
    default void expectFlush() {}

    /**
     * Prepares for a copy. Called once, before the first write.
     *
     * @param size bytes to come, or nothing if that is not known yet
     * @throws IOException if the target cannot take them
     */
    default void begin(OptionalLong size) throws IOException {}

    /**
     * Writes what remains of a buffer at {@code offset}, or throws. The buffer is not touched after the return.
     *
     * @param offset bytes; a sequential target is asked where the write before it ended
     * @param from direct or not; its position moves to its limit
     * @throws IOException if not all bytes were taken
     */
    void write(long offset, ByteBuffer from) throws IOException;

    /**
     * Makes a range read as zeroes without being sent them.
     *
     * @param offset bytes
     * @param length bytes; no payload, so not bound by the largest payload
     * @param mode what may happen to the space behind the range
     * @return false if the target has no better way than being written zeroes; nothing was promised then
     * @throws IOException if the target failed
     */
    boolean zero(long offset, long length, ZeroMode mode) throws IOException;

    /** Returns with how many pipelines the target is written best; 0 if it has none. */
    default int pipelines() {
        return 0;
    }

    /**
     * Returns a way for the thread that calls to have several writes and zeroings under way. Called only where {@link
     * #pipelines} is not 0, by one thread or several. What fails in a pipeline is done again by {@link #write} or {@link
     * #zero}.
     */
    default WritePipeline pipeline() {
        throw new IllegalStateException(name() + " has no pipelines");
    }

    /**
     * Makes durable whatever was written before. Called only where {@link #canFlush}. A failure is final: it is not
     * called again to find out whether it would now say otherwise.
     *
     * @throws IOException if something may not be durable
     */
    void flush() throws IOException;

    /**
     * Counts the lives of what stands behind the target, as far as can be told: it changes when a server was restarted,
     * which may have lost what was written since the last flush. The copier then writes it again.
     */
    default long lifetime() {
        return 0;
    }

    /**
     * Ends a copy that succeeded. For targets that show their content only now.
     *
     * @param size bytes that the copy has
     * @throws IOException if the target cannot be completed
     */
    default void finish(long size) throws IOException {}

    /**
     * Returns whether a copy that fails after {@link #begin} leaves a mixture of old and new behind that looks like any
     * other disk, so that people have to be told.
     */
    default boolean keepsIncomplete() {
        return true;
    }

    /** Returns whether the same call may succeed later, so that the copier is to try again for a while. */
    default boolean retryable(IOException failure) {
        return failure instanceof NbdException nbd && nbd.retryable();
    }

    /** Returns how often the target had to be connected to again. */
    default long reconnects() {
        return 0;
    }

    /** Gives back what the target holds, in bounded time. Calls under way fail. Idempotent. */
    @Override
    void close() throws IOException;
}
