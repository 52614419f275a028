// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import nbd4j.client.NbdClient;
import nbd4j.model.MetaContext;

/** The example of README.md, which {@link ReadmeIT} compares and runs. */
final class ReadmeExample {
    private ReadmeExample() {}

    static long countDataBytes(String uri) throws IOException {
        // tag::readme[]
        try (var disk = NbdClient.connect(uri)) { // "nbd://localhost/disk", "nbd+unix:///disk?socket=/run/nbd.sock"
            var sector = ByteBuffer.allocateDirect(512);
            disk.write(0, sector.put(0, "hello".getBytes(US_ASCII)));
            disk.flush();
            long size = disk.export().info().size();
            return disk.extents(MetaContext.BASE_ALLOCATION, 0, size).stream()
                    .filter(extent -> (extent.flags() & MetaContext.STATE_HOLE) == 0)
                    .mapToLong(extent -> extent.length())
                    .sum();
        } // any number of virtual threads may share one connection; their requests are in flight together
        // end::readme[]
    }
}
