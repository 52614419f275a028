// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import nbd4j.transport.Transport;
import nbd4j.wire.Option;

/**
 * Switches to TLS. Behind the acknowledgement every byte in both directions is TLS, so what the server sent with it in
 * the clear makes the TLS handshake fail.
 *
 * <p>Source: proto.md, {@code NBD_OPT_STARTTLS}, "TLS support".
 */
final class OptStartTls {
    private OptStartTls() {}

    static void run(OptionExchange exchange, TlsUpgrade upgrade) throws IOException {
        exchange.run(Option.STARTTLS);
        HandshakeWire wire = exchange.wire();
        wire.enter("the TLS handshake");
        wire.inStep(false);
        Transport secured = upgrade.secure(wire.transport());
        wire.switchTo(secured);
        wire.inStep(true);
    }
}
