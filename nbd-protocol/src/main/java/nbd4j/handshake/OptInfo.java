// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import nbd4j.model.ExportInfo;
import nbd4j.model.InformationType;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.OptionError;
import nbd4j.model.Printable;
import nbd4j.wire.InfoRequest;
import nbd4j.wire.Option;

/**
 * Describes an export, without choosing it.
 *
 * <p>Source: proto.md, {@code NBD_OPT_INFO}.
 */
final class OptInfo {
    private OptInfo() {}

    static ExportInfo run(OptionExchange exchange, String name, Set<InformationType> types) throws IOException {
        try {
            return ask(exchange, name, types);
        } catch (NbdNegotiationException e) {
            if (e.error() != OptionError.BLOCK_SIZE_REQUIRED) {
                throw e;
            }
            if (types.contains(InformationType.BLOCK_SIZE)) {
                throw exchange.leave(e);
            }
            var more = EnumSet.of(InformationType.BLOCK_SIZE);
            more.addAll(types);
            return run(exchange, name, more);
        }
    }

    private static ExportInfo ask(OptionExchange exchange, String name, Set<InformationType> types) throws IOException {
        var replies = new InfoReplies(name);
        exchange.run(Option.INFO, subject(name), InfoRequest.encode(name, types), replies);
        return replies.toInfo(exchange.wire().peer());
    }

    static String subject(String name) {
        return name.isEmpty() ? " for the default export" : " for export '" + Printable.escape(name) + "'";
    }
}
