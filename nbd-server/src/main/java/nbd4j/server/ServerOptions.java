// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a server offers and where.
 *
 * @param tcp where to listen for TCP, or null for nowhere; port 0 takes a free one
 * @param unix where to make a Unix socket, or null for nowhere; nothing may be there yet
 * @param exports what is served; the one with the empty name is the default, or else the first
 * @param disabled what is not offered
 * @param tls how TLS is used, or null for not at all
 * @param maximumConnections how many clients at once; further ones are hung up on
 * @param oneShot whether the server stops when its last client has gone
 * @param openDelay how long a client waits for the greeting
 * @param requestLogCapacity how many requests are remembered; 0 for none
 */
public record ServerOptions(
        @Nullable InetSocketAddress tcp,
        @Nullable Path unix,
        List<ExportOptions> exports,
        Set<Capability> disabled,
        @Nullable TlsPolicy tls,
        int maximumConnections,
        boolean oneShot,
        Duration openDelay,
        int requestLogCapacity) {
    private static final int DEFAULT_MAXIMUM_CONNECTIONS = 1024;

    /** Checks that names are distinct and copies the collections. */
    public ServerOptions {
        exports = List.copyOf(exports);
        disabled = Collections.unmodifiableSet(
                disabled.isEmpty() ? EnumSet.noneOf(Capability.class) : EnumSet.copyOf(disabled));
        var names = new HashSet<String>();
        for (var export : exports) {
            if (!names.add(export.name())) {
                throw new IllegalArgumentException("two exports have the name \"" + export.name() + "\"");
            }
        }
        if (maximumConnections < 1) {
            throw new IllegalArgumentException("maximum of " + maximumConnections + " connections, allowed are 1 up");
        }
        if (requestLogCapacity < 0 || openDelay.isNegative()) {
            throw new IllegalArgumentException(
                    "request log of " + requestLogCapacity + ", delay of " + openDelay + ", allowed are 0 and more");
        }
    }

    /**
     * Returns options that listen on a free TCP port of the loopback address and serve nothing.
     *
     * @return the start for {@code with...}
     */
    public static ServerOptions defaults() {
        return new ServerOptions(
                null, null, List.of(), Set.of(), null, DEFAULT_MAXIMUM_CONNECTIONS, false, Duration.ZERO, 0);
    }

    /**
     * Listens for TCP.
     *
     * @param address where; port 0 takes a free one
     * @return a copy
     */
    public ServerOptions withTcp(InetSocketAddress address) {
        return new ServerOptions(
                address, unix, exports, disabled, tls, maximumConnections, oneShot, openDelay, requestLogCapacity);
    }

    /**
     * Makes a Unix socket, and no TCP port unless one was asked for.
     *
     * @param path where; nothing may be there yet
     * @return a copy
     */
    public ServerOptions withUnix(Path path) {
        return new ServerOptions(
                tcp, path, exports, disabled, tls, maximumConnections, oneShot, openDelay, requestLogCapacity);
    }

    /**
     * Adds an export.
     *
     * @param export its name must be new
     * @return a copy
     */
    public ServerOptions withExport(ExportOptions export) {
        var all = new ArrayList<>(exports);
        all.add(export);
        return new ServerOptions(
                tcp, unix, all, disabled, tls, maximumConnections, oneShot, openDelay, requestLogCapacity);
    }

    /**
     * Adds the default export with every capability.
     *
     * @param storage the bytes; stays the caller's to close
     * @return a copy
     */
    public ServerOptions withExport(Storage storage) {
        return withExport(ExportOptions.of("", storage));
    }

    /**
     * Switches capabilities off, for every export.
     *
     * @param capabilities any
     * @return a copy
     */
    public ServerOptions without(Capability... capabilities) {
        var all = EnumSet.noneOf(Capability.class);
        all.addAll(disabled);
        all.addAll(List.of(capabilities));
        return new ServerOptions(
                tcp, unix, exports, all, tls, maximumConnections, oneShot, openDelay, requestLogCapacity);
    }

    /**
     * Offers TLS.
     *
     * @param policy how
     * @return a copy
     */
    public ServerOptions withTls(TlsPolicy policy) {
        return new ServerOptions(
                tcp, unix, exports, disabled, policy, maximumConnections, oneShot, openDelay, requestLogCapacity);
    }

    /**
     * Limits how many clients are served at once.
     *
     * @param count at least 1
     * @return a copy
     */
    public ServerOptions withMaximumConnections(int count) {
        return new ServerOptions(tcp, unix, exports, disabled, tls, count, oneShot, openDelay, requestLogCapacity);
    }

    /**
     * Stops the server when its last client has gone.
     *
     * @return a copy
     */
    public ServerOptions withOneShot() {
        return new ServerOptions(
                tcp, unix, exports, disabled, tls, maximumConnections, true, openDelay, requestLogCapacity);
    }

    /**
     * Lets each client wait for the greeting.
     *
     * @param delay 0 and more
     * @return a copy
     */
    public ServerOptions withOpenDelay(Duration delay) {
        return new ServerOptions(
                tcp, unix, exports, disabled, tls, maximumConnections, oneShot, delay, requestLogCapacity);
    }

    /**
     * Remembers requests.
     *
     * @param capacity how many; the oldest are forgotten first
     * @return a copy
     */
    public ServerOptions withRequestLog(int capacity) {
        return new ServerOptions(tcp, unix, exports, disabled, tls, maximumConnections, oneShot, openDelay, capacity);
    }

    /** Returns where to listen for TCP: as asked, or on the loopback address if nothing was asked for. */
    @Nullable
    InetSocketAddress tcpOrDefault() {
        return tcp == null && unix == null ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 0) : tcp;
    }
}
