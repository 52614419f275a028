// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;

/**
 * A range over which no context of a map changes its value.
 *
 * @param offset bytes
 * @param length bytes
 * @param types one value for each context of the map, in its order, unsigned 64 bits
 */
record MapRow(long offset, long length, List<Long> types) {
    MapRow {
        types = List.copyOf(types);
    }

    long end() {
        return offset + length;
    }
}
