// SPDX-License-Identifier: Apache-2.0
package nbd4j.examples;

import java.io.IOException;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;

/** Tells how much of an export holds data. */
final class MapExtents {
    private MapExtents() {}

    // @start region="map"
    static long allocatedBytes(String uri) throws IOException {
        try (NbdConnection disk = NbdClient.connect(uri)) {
            long size = disk.export().size();
            if (!disk.export().hasContext(MetaContext.BASE_ALLOCATION)) {
                return size; // The server cannot tell.
            }
            long allocated = 0;
            long mapped = 0;
            while (mapped < size) {
                for (Extent extent : disk.extents(MetaContext.BASE_ALLOCATION, mapped, size - mapped)) {
                    allocated += extent.hole() ? 0 : extent.length();
                    mapped = extent.end();
                }
            }
            return allocated;
        }
    }
    // @end
}
