// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import nbd4j.transport.Transport;

/** Does a TLS handshake over a transport on which the server has just agreed to it. */
public interface TlsUpgrade {
    /**
     * Returns a transport over the given one.
     *
     * @throws IOException if no secure connection can be made; the given transport is of no further use then
     */
    Transport secure(Transport plain) throws IOException;
}
