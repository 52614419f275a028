// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What all connections of a server share.
 *
 * @param options what the server was started with
 * @param exports by the names clients may use, with the default under the empty one
 * @param log the request log
 * @param faults what shall go wrong
 * @param stop says whether new requests are turned away
 */
record Shared(ServerOptions options, Map<String, Export> exports, RequestLog log, Faults faults, AtomicBoolean stop) {
    boolean stopping() {
        return stop.get();
    }
}
