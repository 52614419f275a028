// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import nbd4j.wire.Greeting;

/**
 * Reads the greeting. The server speaks first, so nothing is sent here.
 *
 * <p>Source: proto.md, "Handshake".
 */
final class Greeter {
    private Greeter() {}

    static Greeting read(HandshakeWire wire) throws IOException {
        wire.enter("the greeting");
        if (Greeting.isNewstyle(wire.read(Greeting.PREFIX_BYTES))) {
            return Greeting.Newstyle.readFrom(wire.read(Greeting.Newstyle.BYTES));
        }
        return Greeting.Oldstyle.readFrom(wire.read(Greeting.Oldstyle.BYTES));
    }
}
