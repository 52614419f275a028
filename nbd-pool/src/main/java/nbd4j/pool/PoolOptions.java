// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import nbd4j.client.ConnectOptions;

/**
 * How a pool is opened and kept. Begin with {@link #defaults()} and change what must differ; values are immutable.
 *
 * @param connect how each connection is made
 * @param connections how many connections are wished for, 1 to {@value #MAXIMUM_CONNECTIONS}; one is used where the
 *     server does not advertise CAN_MULTI_CONN; default 4
 * @param depth most shared calls in flight on one connection, at most {@code connect.maximumRequests()}; further callers
 *     wait in order; default 64
 * @param waitLimit how long a shared call waits for a connection; default 30 s
 * @param connectWait how long {@link NbdPool#open} goes on trying while there is no server yet; default zero: one attempt
 * @param closeWait how long {@link NbdPool#close} waits for calls in flight and for leases; default 5 s
 * @param retry how {@link NbdPool#retrying()} repeats
 * @param upkeep how connections are looked after
 * @param listener is told of what happens to connections
 * @param threads makes the pool's own threads, which dial, look after connections and hang up, one at a time for each of
 *     these; default: virtual ones
 */
public record PoolOptions(
        ConnectOptions connect,
        int connections,
        int depth,
        Duration waitLimit,
        Duration connectWait,
        Duration closeWait,
        RetryPolicy retry,
        Upkeep upkeep,
        PoolListener listener,
        ThreadFactory threads) {
    /** Most connections of one pool. The choice among them is by looking at each, so there must not be many. */
    public static final int MAXIMUM_CONNECTIONS = 64;

    private static final PoolOptions DEFAULTS = new PoolOptions(
            ConnectOptions.defaults(),
            4,
            64,
            Duration.ofSeconds(30),
            Duration.ZERO,
            Duration.ofSeconds(5),
            RetryPolicy.defaults(),
            Upkeep.defaults(),
            PoolListener.NONE,
            Thread.ofVirtual().name("nbd-pool-", 0).factory());

    /** Refuses numbers and durations out of range. */
    public PoolOptions {
        Objects.requireNonNull(connect);
        Objects.requireNonNull(retry);
        Objects.requireNonNull(upkeep);
        Objects.requireNonNull(listener);
        Objects.requireNonNull(threads);
        requireLimit("wait limit", waitLimit);
        requireLimit("connect wait", connectWait);
        requireLimit("close wait", closeWait);
        if (connections < 1 || connections > MAXIMUM_CONNECTIONS) {
            throw new IllegalArgumentException(
                    "%d connections are not from 1 to %d".formatted(connections, MAXIMUM_CONNECTIONS));
        }
        if (depth < 1 || depth > connect.maximumRequests()) {
            throw new IllegalArgumentException("depth %d is not from 1 to the %d requests that a connection takes"
                    .formatted(depth, connect.maximumRequests()));
        }
    }

    static void requireLimit(String what, Duration limit) {
        if (limit.isNegative()) {
            throw new IllegalArgumentException("%s %s is negative".formatted(what, limit));
        }
    }

    /** Returns the options that suit most. */
    public static PoolOptions defaults() {
        return DEFAULTS;
    }

    /** Returns these options with another way to connect. */
    public PoolOptions withConnect(ConnectOptions connect) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with another number of connections. */
    public PoolOptions withConnections(int connections) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with another bound on the calls in flight on one connection. */
    public PoolOptions withDepth(int depth) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with another limit for the wait for a connection. */
    public PoolOptions withWaitLimit(Duration waitLimit) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with another wait for a server that is not there yet. */
    public PoolOptions withConnectWait(Duration connectWait) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with another wait for calls and leases at the end. */
    public PoolOptions withCloseWait(Duration closeWait) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with another policy of repeating. */
    public PoolOptions withRetry(RetryPolicy retry) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with another upkeep. */
    public PoolOptions withUpkeep(Upkeep upkeep) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with somebody who listens. */
    public PoolOptions withListener(PoolListener listener) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }

    /** Returns these options with other threads of the pool's own. */
    public PoolOptions withThreads(ThreadFactory threads) {
        return new PoolOptions(
                connect, connections, depth, waitLimit, connectWait, closeWait, retry, upkeep, listener, threads);
    }
}
