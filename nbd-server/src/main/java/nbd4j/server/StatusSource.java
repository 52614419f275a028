// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;

/** Answers block status for one metadata context. Called by many threads at once. */
@FunctionalInterface
public interface StatusSource {
    /**
     * Describes the start of a range.
     *
     * @param offset bytes from the start of the export
     * @param length bytes, how far the answer may reach
     * @return the run of bytes at the offset, at most as long as asked
     * @throws IOException if it cannot be found out
     */
    Extent extentAt(long offset, long length) throws IOException;
}
