// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;

/** A read, a write or a zeroing that was begun in a pipeline. */
@FunctionalInterface
public interface Transfer {
    /**
     * Waits until it is done. Called once, by the thread that began it; the buffer is not touched after the return.
     *
     * @throws IOException if it failed; the same range may then be tried with the call that waits
     */
    void await() throws IOException;
}
