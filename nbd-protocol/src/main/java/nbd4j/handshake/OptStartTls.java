// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import javax.net.ssl.SSLException;
import nbd4j.model.NbdTlsException;
import nbd4j.transport.TlsUpgrade;
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
        wire.switchTo(handshake(wire, upgrade));
        wire.inStep(true);
    }

    private static Transport handshake(HandshakeWire wire, TlsUpgrade upgrade) throws IOException {
        Transport plain = wire.transport();
        try {
            return upgrade.upgrade(plain);
        } catch (SSLException e) {
            throw new NbdTlsException("TLS with %s failed: %s".formatted(plain.peer(), e.getMessage()), e);
        } catch (IOException e) {
            throw wire.lost(e);
        }
    }
}
