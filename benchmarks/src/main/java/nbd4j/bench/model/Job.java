// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import nbd4j.copy.CopyOptions;

/**
 * A copy whose time is to be predicted.
 *
 * @param bytes how much data is copied
 * @param requestSize bytes of each request
 * @param inFlight most requests in flight over all connections
 * @param connections how many connections share them
 * @param latencySeconds what the network and the storage add to each request, reading and writing together
 * @param bytesPerSecond of the narrowest link; infinite if there is none
 * @param cores processors of the machine that copies
 * @param serverHere whether the servers run on the same processors
 */
record Job(
        long bytes,
        int requestSize,
        int inFlight,
        int connections,
        double latencySeconds,
        double bytesPerSecond,
        int cores,
        boolean serverHere) {
    /** Bytes that each connection has under way to begin with: LaneDepth of the copy engine says so. */
    private static final int FIRST_BYTES = 1 << 19;
    /** A connection that moves a byte in more than this takes on twice as many requests: 4 ns, as in LaneDepth. */
    private static final double SLOW_SECONDS_PER_BYTE = 4e-9;
    /** Where it needs so many times what it has, it takes on as many at once, as in LaneDepth. */
    private static final int FAR = 4;
    /** The most requests in flight of a copy by default. */
    static final int MOST_IN_FLIGHT = CopyOptions.defaults().maximumRequests();
    /** The most memory in flight of a copy by default. */
    static final long MOST_MEMORY = CopyOptions.defaults().maximumMemory();

    Job {
        if (bytes < 1 || requestSize < 1 || inFlight < 1 || connections < 1 || cores < 1) {
            throw new IllegalArgumentException(
                    "bytes %d, request size %d, %d in flight, %d connections and %d cores must all be at least 1"
                            .formatted(bytes, requestSize, inFlight, connections, cores));
        }
        if (!(latencySeconds >= 0 && bytesPerSecond > 0)) {
            throw new IllegalArgumentException("latency %s s is below 0 or bandwidth %s bytes/s not above it"
                    .formatted(latencySeconds, bytesPerSecond));
        }
    }

    /** Returns how many requests a copy has in flight with this depth on each connection. */
    static int inFlight(int connections, int depth, int requestSize) {
        long most = Math.min(MOST_IN_FLIGHT, MOST_MEMORY / requestSize);
        return (int) Math.clamp((long) connections * depth, 1, Math.max(1, most));
    }

    long requests() {
        return (bytes + requestSize - 1) / requestSize;
    }

    /** Returns how many requests each connection has in flight to begin with. */
    int first() {
        return Math.clamp(Math.max(2, FIRST_BYTES / requestSize), 1, most());
    }

    /** Returns how many requests each connection may have in flight. */
    int most() {
        return Math.max(1, inFlight / connections);
    }

    /** Returns whether a request takes so long that a connection with so many in flight should have more. */
    boolean isSlow(double seconds, int depth) {
        return seconds > depth * requestSize * SLOW_SECONDS_PER_BYTE;
    }

    /** Returns how many a connection has in flight after a round of so many requests that took so long. */
    int deeper(double seconds, int depth) {
        double wanted = Math.floor(seconds / (requestSize * SLOW_SECONDS_PER_BYTE));
        return (int) Math.min(most(), wanted < FAR * depth ? 2.0 * depth : wanted);
    }
}
