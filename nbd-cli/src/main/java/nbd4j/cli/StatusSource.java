// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;
import nbd4j.model.BlockDescriptor;

/** Answers what a range of an export is, for every context of a map. Any number of threads may ask at a time. */
@FunctionalInterface
interface StatusSource {
    /**
     * Asks once.
     *
     * @param offset bytes
     * @param length bytes, more than 0
     * @return for each context of the map, in its order, what is known from {@code offset} on: perhaps less than was
     *     asked for, perhaps more
     */
    List<List<BlockDescriptor>> status(long offset, long length) throws IOException;
}
