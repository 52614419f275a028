// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nbd4j.wire.MetaContextReply;
import nbd4j.wire.MetaContextRequest;
import nbd4j.wire.Option;

/**
 * Lists metadata contexts. Ids mean nothing here, and a list that ends in an error is no list.
 *
 * <p>Source: proto.md, {@code NBD_OPT_LIST_META_CONTEXT}.
 */
final class OptListMetaContext {
    private OptListMetaContext() {}

    static List<String> run(OptionExchange exchange, String exportName, List<String> queries) throws IOException {
        var names = new ArrayList<String>();
        exchange.run(
                Option.LIST_META_CONTEXT,
                OptInfo.subject(exportName),
                MetaContextRequest.encode(exportName, queries),
                data -> names.add(MetaContextReply.readFrom(data).name()));
        return List.copyOf(names);
    }
}
