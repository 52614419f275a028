// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nbd4j.model.BlockDescriptor;

/** Cuts the answers of several contexts at all of their borders, so that each piece has one value in every context. */
final class LockStep {
    private LockStep() {}

    /**
     * Hands on the pieces of one answer, up to an offset or to where the first context ends.
     *
     * @param reply for each context what is known from {@code offset} on; a context may end before another
     * @param contexts how many there must be
     */
    static void rows(List<List<BlockDescriptor>> reply, int contexts, long offset, long end, MapWalk.RowJoiner joiner)
            throws IOException {
        if (reply.size() != contexts) {
            throw new IOException(
                    "the server answered for %d of %d contexts at offset %d".formatted(reply.size(), contexts, offset));
        }
        int[] index = new int[contexts];
        long[] left = new long[contexts];
        var types = new ArrayList<Long>(contexts);
        long position = offset;
        while (position < end) {
            long length = end - position;
            types.clear();
            for (int i = 0; i < contexts; i++) {
                if (left[i] == 0) {
                    if (index[i] == reply.get(i).size()) {
                        return;
                    }
                    left[i] = reply.get(i).get(index[i]++).length();
                }
                types.add(reply.get(i).get(index[i] - 1).flags());
                length = Math.min(length, left[i]);
            }
            joiner.add(length, types);
            position += length;
            for (int i = 0; i < contexts; i++) {
                left[i] -= length;
            }
        }
    }
}
