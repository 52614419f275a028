// SPDX-License-Identifier: Apache-2.0
package nbd4j.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.model.CommandFlag;

/** Writes some bytes so that they survive a crash of the server. */
final class WriteDurably {
    private WriteDurably() {}

    // @start region="write"
    static void write(String uri, long offset, ByteBuffer bytes) throws IOException {
        try (NbdConnection disk = NbdClient.connect(uri)) {
            if (disk.export().flags().canFua()) {
                disk.write(offset, bytes, Set.of(CommandFlag.FUA));
            } else {
                disk.write(offset, bytes);
                disk.flush();
            }
        }
    }
    // @end
}
