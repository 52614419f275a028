// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import nbd4j.client.NbdConnection;

/** Which blocks were written, where they are to be verified. Any thread may add. */
final class Written {
    /** Most blocks that are kept account of: 128 MiB of bits. */
    static final long MOST_BLOCKS = 1L << 30;

    private final Workload workload;
    private final AtomicLongArray bits;

    Written(Workload workload) {
        this.workload = workload;
        bits = new AtomicLongArray(workload.verify() ? Math.toIntExact((workload.blocks() + 63) >>> 6) : 0);
    }

    void add(long offset) {
        if (workload.verify()) {
            long block = (offset - workload.offset()) / workload.blockSize();
            long bit = 1L << (block & 63);
            bits.getAndAccumulate((int) (block >>> 6), bit, (before, added) -> before | added);
        }
    }

    /**
     * Reads every block back.
     *
     * @return how many there were
     * @throws IOException if one is not what was written
     */
    long verify(List<NbdConnection> connections, Content content) throws IOException {
        ByteBuffer found = ByteBuffer.allocateDirect(workload.blockSize());
        ByteBuffer expected = ByteBuffer.allocateDirect(workload.blockSize());
        long verified = 0;
        for (long block = 0; block < workload.blocks(); block++) {
            if ((bits.get((int) (block >>> 6)) & 1L << (block & 63)) == 0) {
                continue;
            }
            long offset = workload.offset() + block * workload.blockSize();
            connections.get((int) (block % connections.size())).read(offset, found.clear());
            if (workload.access() != Workload.Access.ZERO) {
                content.fill(expected.clear(), offset);
            }
            int difference = found.flip().mismatch(expected.clear());
            if (difference >= 0) {
                throw new IOException("verification failed: the byte at %d reads as 0x%02x, but 0x%02x was written"
                        .formatted(offset + difference, found.get(difference), expected.get(difference)));
            }
            verified++;
        }
        return verified;
    }
}
