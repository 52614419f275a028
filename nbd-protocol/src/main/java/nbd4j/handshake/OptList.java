// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nbd4j.model.ExportListing;
import nbd4j.wire.Option;
import nbd4j.wire.ServerReply;

/**
 * Lists exports. A list that ends in an error is no list.
 *
 * <p>Source: proto.md, {@code NBD_OPT_LIST}.
 */
final class OptList {
    private OptList() {}

    static List<ExportListing> run(OptionExchange exchange) throws IOException {
        var entries = new ArrayList<ExportListing>();
        exchange.run(Option.LIST, "", new byte[0], data -> entries.add(ServerReply.readFrom(data)));
        return List.copyOf(entries);
    }
}
