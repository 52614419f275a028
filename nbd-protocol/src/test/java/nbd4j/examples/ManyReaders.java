// SPDX-License-Identifier: Apache-2.0
package nbd4j.examples;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;

/** Reads with many threads over one connection. */
final class ManyReaders {
    private ManyReaders() {}

    // @start region="share"
    static List<ByteBuffer> read(String uri, List<Long> offsets, int length) throws Exception {
        try (NbdConnection disk = NbdClient.connect(uri);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ByteBuffer>> reads = new ArrayList<>();
            for (long offset : offsets) {
                reads.add(threads.submit(() -> {
                    ByteBuffer bytes = ByteBuffer.allocate(length);
                    disk.read(offset, bytes);
                    return bytes.flip();
                }));
            }
            List<ByteBuffer> all = new ArrayList<>();
            for (Future<ByteBuffer> read : reads) {
                all.add(read.get());
            }
            return all;
        }
    }
    // @end
}
