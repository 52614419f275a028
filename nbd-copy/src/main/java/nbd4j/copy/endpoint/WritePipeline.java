// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes and zeroings of one thread that are under way together. For the thread that made it, which awaits all of them.
 */
public interface WritePipeline extends AutoCloseable {
    /**
     * Begins to write what remains of a buffer. The ranges are those that {@link Target#write} takes.
     *
     * @return what is under way, or null if the target takes no more just now
     * @throws IOException if it cannot be begun; {@link Target#write} may work nevertheless
     */
    @Nullable
    Transfer tryWrite(long offset, ByteBuffer from) throws IOException;

    /**
     * Begins to zero a range.
     *
     * @param length at most 1 GiB
     * @return what is under way, or null if the target takes no more just now, or {@link Target#zero} is to decide how
     * @throws IOException if it cannot be begun; {@link Target#zero} may work nevertheless
     */
    @Nullable
    Transfer tryZero(long offset, long length, ZeroMode mode) throws IOException;

    /** Ends the pipeline. Everything was awaited. */
    @Override
    void close();
}
