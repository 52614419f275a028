// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.util.EnumSet;
import nbd4j.model.ExportInfo;
import nbd4j.model.InformationType;
import nbd4j.model.NbdNegotiationException;
import nbd4j.wire.InfoRequest;
import nbd4j.wire.Option;

/**
 * Chooses an export and begins the transmission phase: behind the acknowledgement there are requests and replies.
 *
 * <p>Asks for the block sizes, and so is bound by them.
 *
 * <p>Source: proto.md, {@code NBD_OPT_GO}, "Size constraints".
 */
final class OptGo {
    private OptGo() {}

    static ExportInfo run(OptionExchange exchange, String name, boolean extended) throws IOException {
        var replies = new InfoReplies(name);
        byte[] request = InfoRequest.encode(name, EnumSet.of(InformationType.BLOCK_SIZE));
        try {
            exchange.run(Option.GO, OptInfo.subject(name), request, replies);
        } catch (NbdNegotiationException e) {
            throw switch (e.error()) {
                // Both are breaches: block sizes were asked for, and a server with extended headers must know GO.
                case BLOCK_SIZE_REQUIRED -> exchange.leave(e);
                case UNSUPPORTED -> extended ? exchange.leave(e) : e;
                default -> e;
            };
        }
        try {
            return replies.toInfo(exchange.wire().peer());
        } catch (NbdNegotiationException e) {
            exchange.disconnect(extended);
            throw e;
        }
    }
}
