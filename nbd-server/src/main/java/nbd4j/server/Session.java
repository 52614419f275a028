// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.util.List;
import nbd4j.server.net.Input;
import nbd4j.server.net.Wire;

/**
 * What the handshake ended with.
 *
 * @param wire the connection, perhaps encrypted by now
 * @param input bytes from it, perhaps read ahead
 * @param export the client's choice
 * @param style which headers are used
 * @param contexts the client's choice of metadata contexts, in its order
 */
record Session(Wire wire, Input input, Export export, ReplyStyle style, List<Context> contexts) {
    /** Returns whether replies may come in chunks. */
    boolean structured() {
        return style != ReplyStyle.SIMPLE;
    }
}
