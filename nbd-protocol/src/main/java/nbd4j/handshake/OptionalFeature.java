// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.OptionError;
import nbd4j.wire.Option;

/** An option without data that switches something on, and which a server is free to refuse for any reason. */
final class OptionalFeature {
    private OptionalFeature() {}

    static boolean ask(OptionExchange exchange, Option option) throws IOException {
        try {
            exchange.run(option);
            return true;
        } catch (NbdNegotiationException e) {
            if (e.error() == OptionError.TLS_REQUIRED || e.error() == OptionError.SHUTDOWN) {
                throw e;
            }
            return false;
        }
    }
}
