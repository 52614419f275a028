// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

/**
 * What a copy costs on one machine, as fitted from runs. All times are in seconds.
 *
 * @param start wall time of a copy of next to nothing: the JVM, the handshake, the end
 * @param base time of a request beyond the latency of network and storage, with nothing else going on
 * @param clientRequest processor time of the copier for a request
 * @param clientByte processor time of the copier for a byte
 * @param serverRequest processor time of the servers for a request
 * @param serverByte processor time of the servers for a byte
 * @param stall factor, at least 1, by which processors that are the limit take longer than their work, because they wait for
 *     each other
 */
record Costs(
        double start,
        double base,
        double clientRequest,
        double clientByte,
        double serverRequest,
        double serverByte,
        double stall) {
    Costs {
        if (!(start >= 0
                && base >= 0
                && clientRequest >= 0
                && clientByte >= 0
                && serverRequest >= 0
                && serverByte >= 0
                && stall >= 1)) {
            throw new IllegalArgumentException(
                    "no cost may be below 0, and no stall below 1: start %s, base %s, ".formatted(start, base)
                            + "client %s + %s, server %s + %s, stall %s"
                                    .formatted(clientRequest, clientByte, serverRequest, serverByte, stall));
        }
    }

    /** Returns the processor time of the copier for a request of a size. */
    double client(int requestSize) {
        return clientRequest + requestSize * clientByte;
    }

    /** Returns the processor time of the servers for a request of a size. */
    double server(int requestSize) {
        return serverRequest + requestSize * serverByte;
    }
}
