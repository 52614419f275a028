// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads of one thread that are under way together. For the thread that made it, which awaits all of them. */
public interface ReadPipeline extends AutoCloseable {
    /**
     * Begins to fill what remains of a buffer. The ranges are those that {@link Source#read} takes.
     *
     * @return what is under way, or null if the source takes no more just now
     * @throws IOException if it cannot be begun; {@link Source#read} may work nevertheless
     */
    @Nullable
    Transfer tryRead(long offset, ByteBuffer into) throws IOException;

    /** Ends the pipeline. Everything was awaited. */
    @Override
    void close();
}
