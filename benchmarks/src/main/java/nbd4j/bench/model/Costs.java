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
 * @param crowd factor, at least 1, by which the work grows where far ends have many requests in flight: their buffers leave
 *     the processor's cache, and more threads wait and wake
 */
record Costs(
        double start,
        double base,
        double clientRequest,
        double clientByte,
        double serverRequest,
        double serverByte,
        double stall,
        double crowd) {
    /** A round trip of more than this is one to a far end: 3 ms. */
    private static final double FAR_SECONDS = 0.003;
    /** So many requests in flight do not crowd the processor's cache. */
    private static final int FEW = 16;

    Costs {
        if (!(start >= 0
                && base >= 0
                && clientRequest >= 0
                && clientByte >= 0
                && serverRequest >= 0
                && serverByte >= 0
                && stall >= 1
                && crowd >= 1)) {
            throw new IllegalArgumentException(
                    "no cost may be below 0, and no factor below 1: start %s, base %s, ".formatted(start, base)
                            + "client %s + %s, server %s + %s, stall %s, crowd %s"
                                    .formatted(clientRequest, clientByte, serverRequest, serverByte, stall, crowd));
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

    /** Returns the factor by which work takes longer in a copy whose requests take so long. */
    double slowdown(double roundTripSeconds, int inFlight) {
        return roundTripSeconds > FAR_SECONDS && inFlight > FEW ? stall * crowd : stall;
    }

    Costs withCrowd(double newCrowd) {
        return new Costs(start, base, clientRequest, clientByte, serverRequest, serverByte, stall, newCrowd);
    }
}
