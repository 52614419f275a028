// SPDX-License-Identifier: Apache-2.0
package nbd4j.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;

/** Reads some bytes of an export. */
final class ReadRange {
    private ReadRange() {}

    // @start region="read"
    static ByteBuffer read(String uri, long offset, int length) throws IOException {
        try (NbdConnection disk = NbdClient.connect(uri)) {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            disk.read(offset, bytes);
            return bytes.flip();
        }
    }
    // @end
}
