// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import nbd4j.client.ConnectOptions;
import nbd4j.model.TransmissionFlags;
import nbd4j.pool.PoolOptions;

/**
 * How one end of a copy is opened. The two ends of a copy may differ.
 *
 * @param connections wished NBD connections; one where the server does not advertise CAN_MULTI_CONN; default 4
 * @param requests most requests in flight on each connection, 1 to 1024; default 64
 * @param connect how NBD connections are made
 * @param reconnectFor how long a lost NBD connection is tried again; default 8 s
 * @param inPlace whether an existing file is overwritten where it is instead of being replaced when the copy is done;
 *     default false
 * @param keepPartial whether a copy that fails leaves {@code NAME.partial} behind; default false
 * @param threads makes the threads that look after NBD connections, see {@link PoolOptions#threads}; default: virtual ones
 */
public record EndpointOptions(
        int connections,
        int requests,
        ConnectOptions connect,
        Duration reconnectFor,
        boolean inPlace,
        boolean keepPartial,
        ThreadFactory threads) {
    private static final EndpointOptions DEFAULTS = new EndpointOptions(
            4,
            64,
            ConnectOptions.defaults(),
            Duration.ofSeconds(8),
            false,
            false,
            Thread.ofVirtual().name("nbd-pool-", 0).factory());

    /** Refuses values outside their limits. */
    public EndpointOptions {
        if (connections < 1) {
            throw new IllegalArgumentException("number of connections %d is not positive".formatted(connections));
        }
        if (requests < 1 || requests > ConnectOptions.MAXIMUM_REQUESTS) {
            throw new IllegalArgumentException(
                    "number of requests %d is not from 1 to %d".formatted(requests, ConnectOptions.MAXIMUM_REQUESTS));
        }
    }

    /** Returns the defaults. */
    public static EndpointOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Returns how many connections are made to a server.
     *
     * @param flags what the server says of the export
     */
    public int connectionsTo(TransmissionFlags flags) {
        return flags.canMultiConn() ? Math.min(connections, PoolOptions.MAXIMUM_CONNECTIONS) : 1;
    }

    /** Returns these options with other {@link #connections}. */
    public EndpointOptions withConnections(int connections) {
        return new EndpointOptions(connections, requests, connect, reconnectFor, inPlace, keepPartial, threads);
    }

    /** Returns these options with other {@link #requests}. */
    public EndpointOptions withRequests(int requests) {
        return new EndpointOptions(connections, requests, connect, reconnectFor, inPlace, keepPartial, threads);
    }

    /** Returns these options with other {@link #connect}. */
    public EndpointOptions withConnect(ConnectOptions connect) {
        return new EndpointOptions(connections, requests, connect, reconnectFor, inPlace, keepPartial, threads);
    }

    /** Returns these options with other {@link #reconnectFor}. */
    public EndpointOptions withReconnectFor(Duration reconnectFor) {
        return new EndpointOptions(connections, requests, connect, reconnectFor, inPlace, keepPartial, threads);
    }

    /** Returns these options with other {@link #inPlace}. */
    public EndpointOptions withInPlace(boolean inPlace) {
        return new EndpointOptions(connections, requests, connect, reconnectFor, inPlace, keepPartial, threads);
    }

    /** Returns these options with other {@link #keepPartial}. */
    public EndpointOptions withKeepPartial(boolean keepPartial) {
        return new EndpointOptions(connections, requests, connect, reconnectFor, inPlace, keepPartial, threads);
    }

    /** Returns these options with other {@link #threads}. */
    public EndpointOptions withThreads(ThreadFactory threads) {
        return new EndpointOptions(connections, requests, connect, reconnectFor, inPlace, keepPartial, threads);
    }
}
