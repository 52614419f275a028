// SPDX-License-Identifier: Apache-2.0
package nbd4j.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdNegotiation;
import nbd4j.model.ExportListing;

/** Lists what a server has, with the sizes. */
final class ListExports {
    private ListExports() {}

    // @start region="list"
    static List<String> list(String uri) throws IOException {
        List<String> lines = new ArrayList<>();
        try (NbdNegotiation server = NbdClient.negotiate(uri, ConnectOptions.defaults())) {
            for (ExportListing export : server.list()) {
                long size = server.info(export.name()).size();
                lines.add(export.name() + ": " + size + " bytes, " + export.description());
            }
        }
        return lines;
    }
    // @end
}
