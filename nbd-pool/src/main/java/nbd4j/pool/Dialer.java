// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;

/** Makes one more connection to the export of the pool. Entered by several threads at once. */
interface Dialer {
    /**
     * Connects, handshake included.
     *
     * @throws IOException if there is no connection to be had now
     */
    PooledConnection dial() throws IOException;
}
