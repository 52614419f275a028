// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.Printable;
import nbd4j.wire.MetaContextReply;
import nbd4j.wire.MetaContextRequest;
import nbd4j.wire.Option;

/**
 * Chooses metadata contexts for an export. The server may agree to some, to none, or in another order.
 *
 * <p>Source: proto.md, {@code NBD_OPT_SET_META_CONTEXT}.
 */
final class OptSetMetaContext {
    private OptSetMetaContext() {}

    static ContextSelection run(OptionExchange exchange, String exportName, List<String> queries) throws IOException {
        byte[] request = MetaContextRequest.encode(exportName, queries);
        var contexts = new ArrayList<MetaContext>();
        exchange.run(Option.SET_META_CONTEXT, OptInfo.subject(exportName), request, data -> {
            MetaContext context = MetaContextReply.readFrom(data);
            requireDistinct(contexts, context);
            contexts.add(context);
        });
        return ContextSelection.of(exportName, queries, contexts);
    }

    /** Refuses a request that cannot be sent. */
    static void requireSendable(String exportName, List<String> queries) {
        MetaContextRequest.encode(exportName, queries);
    }

    private static void requireDistinct(List<MetaContext> earlier, MetaContext context) throws NbdProtocolException {
        for (MetaContext other : earlier) {
            if (other.id() == context.id() || other.name().equals(context.name())) {
                throw new NbdProtocolException("metadata contexts '%s' with id %d and '%s' with id %d are not distinct"
                        .formatted(
                                Printable.escape(other.name()),
                                other.id(),
                                Printable.escape(context.name()),
                                context.id()));
            }
        }
    }
}
