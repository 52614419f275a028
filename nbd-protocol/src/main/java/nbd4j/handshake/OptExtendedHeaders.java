// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import nbd4j.wire.Option;

/**
 * Asks for extended headers. Only an acknowledgement switches them on.
 *
 * <p>Source: proto.md, {@code NBD_OPT_EXTENDED_HEADERS}.
 */
final class OptExtendedHeaders {
    private OptExtendedHeaders() {}

    /** Returns whether the server agreed; a refusal that concerns more than this option is thrown. */
    static boolean run(OptionExchange exchange) throws IOException {
        return OptionalFeature.ask(exchange, Option.EXTENDED_HEADERS);
    }
}
