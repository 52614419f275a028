// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import nbd4j.model.ClientCheck;
import nbd4j.model.MetaContext;

/**
 * How to connect. Begin with {@link #defaults()} and change what must differ; values are immutable.
 *
 * <p>A duration of zero means no limit.
 *
 * @param connectTimeout limit for each address of the server; default 10 s
 * @param handshakeTimeout limit for the whole handshake, TLS included; default 30 s
 * @param silenceTimeout limit without a byte from the server, and without it taking any, while requests are outstanding;
 *     reaching it closes the connection; default 60 s
 * @param requestTimeout limit for each request; default none
 * @param closeTimeout limit for each of the two waits of an orderly close: for replies in flight, and for the server to
 *     hang up; default 5 s
 * @param tls what TLS needs where the URI asks for it; default the system's trust store
 * @param metaContexts names of the metadata contexts to ask for, at most 64; default {@code base:allocation}
 * @param structuredReplies whether to ask for structured replies; default yes
 * @param extendedHeaders whether to ask for extended headers; default yes
 * @param oldServers whether to talk to oldstyle and non-fixed newstyle servers; default yes (never with TLS)
 * @param localFilesFromUri whether {@code tls-certificates} and {@code tls-psk-file} of a URI may name local files;
 *     default no, since whoever writes a URI could then have any file opened
 * @param threads who touches the channel; default {@link ChannelThreads#OWN}
 * @param checks which rules the client checks before it sends; default all
 * @param maximumRequests most requests in flight on the connection, 1 to 1024; further callers wait; default 256
 * @param receiveBuffer size of the socket's receive buffer in bytes; 0, the default, leaves it to the system
 */
public record ConnectOptions(
        Duration connectTimeout,
        Duration handshakeTimeout,
        Duration silenceTimeout,
        Duration requestTimeout,
        Duration closeTimeout,
        TlsOptions tls,
        List<String> metaContexts,
        boolean structuredReplies,
        boolean extendedHeaders,
        boolean oldServers,
        boolean localFilesFromUri,
        ChannelThreads threads,
        Set<ClientCheck> checks,
        int maximumRequests,
        int receiveBuffer) {
    private static final ConnectOptions DEFAULTS = new ConnectOptions(
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ZERO,
            Duration.ofSeconds(5),
            TlsOptions.defaults(),
            List.of(MetaContext.BASE_ALLOCATION),
            true,
            true,
            true,
            false,
            ChannelThreads.OWN,
            Set.copyOf(EnumSet.allOf(ClientCheck.class)),
            256,
            0);

    /** Most requests that can ever be in flight on one connection. */
    public static final int MAXIMUM_REQUESTS = 1024;

    /** Copies the collections and refuses negative limits. */
    public ConnectOptions {
        requireLimit("connect timeout", connectTimeout);
        requireLimit("handshake timeout", handshakeTimeout);
        requireLimit("silence timeout", silenceTimeout);
        requireLimit("request timeout", requestTimeout);
        requireLimit("close timeout", closeTimeout);
        Objects.requireNonNull(tls);
        Objects.requireNonNull(threads);
        metaContexts = List.copyOf(metaContexts);
        checks = Set.copyOf(checks);
        if (maximumRequests < 1 || maximumRequests > MAXIMUM_REQUESTS) {
            throw new IllegalArgumentException(
                    "maximum requests %d is not from 1 to %d".formatted(maximumRequests, MAXIMUM_REQUESTS));
        }
        if (receiveBuffer < 0) {
            throw new IllegalArgumentException("receive buffer of %d bytes is negative".formatted(receiveBuffer));
        }
    }

    private static void requireLimit(String what, Duration limit) {
        if (limit.isNegative()) {
            throw new IllegalArgumentException("%s %s is negative; zero means none".formatted(what, limit));
        }
    }

    /** Returns the options that suit most. */
    public static ConnectOptions defaults() {
        return DEFAULTS;
    }

    /** Returns these options with another limit for each address. */
    public ConnectOptions withConnectTimeout(Duration connectTimeout) {
        var changed = new Draft(this);
        changed.connectTimeout = connectTimeout;
        return changed.build();
    }

    /** Returns these options with another limit for the handshake. */
    public ConnectOptions withHandshakeTimeout(Duration handshakeTimeout) {
        var changed = new Draft(this);
        changed.handshakeTimeout = handshakeTimeout;
        return changed.build();
    }

    /** Returns these options with another limit for silence. */
    public ConnectOptions withSilenceTimeout(Duration silenceTimeout) {
        var changed = new Draft(this);
        changed.silenceTimeout = silenceTimeout;
        return changed.build();
    }

    /** Returns these options with another limit for each request. */
    public ConnectOptions withRequestTimeout(Duration requestTimeout) {
        var changed = new Draft(this);
        changed.requestTimeout = requestTimeout;
        return changed.build();
    }

    /** Returns these options with another limit for closing. */
    public ConnectOptions withCloseTimeout(Duration closeTimeout) {
        var changed = new Draft(this);
        changed.closeTimeout = closeTimeout;
        return changed.build();
    }

    /** Returns these options with other TLS options. */
    public ConnectOptions withTls(TlsOptions tls) {
        var changed = new Draft(this);
        changed.tls = tls;
        return changed.build();
    }

    /** Returns these options with other metadata contexts; none if the list is empty. */
    public ConnectOptions withMetaContexts(List<String> metaContexts) {
        var changed = new Draft(this);
        changed.metaContexts = metaContexts;
        return changed.build();
    }

    /** Returns these options with another choice about structured replies. */
    public ConnectOptions withStructuredReplies(boolean structuredReplies) {
        var changed = new Draft(this);
        changed.structuredReplies = structuredReplies;
        return changed.build();
    }

    /** Returns these options with another choice about extended headers. */
    public ConnectOptions withExtendedHeaders(boolean extendedHeaders) {
        var changed = new Draft(this);
        changed.extendedHeaders = extendedHeaders;
        return changed.build();
    }

    /** Returns these options with another choice about old servers. */
    public ConnectOptions withOldServers(boolean oldServers) {
        var changed = new Draft(this);
        changed.oldServers = oldServers;
        return changed.build();
    }

    /** Returns these options with another choice about local files named by a URI. */
    public ConnectOptions withLocalFilesFromUri(boolean localFilesFromUri) {
        var changed = new Draft(this);
        changed.localFilesFromUri = localFilesFromUri;
        return changed.build();
    }

    /** Returns these options with another choice of who touches the channel. */
    public ConnectOptions withThreads(ChannelThreads threads) {
        var changed = new Draft(this);
        changed.threads = threads;
        return changed.build();
    }

    /** Returns these options with other checks, all the rest being off. */
    public ConnectOptions withChecks(Set<ClientCheck> checks) {
        var changed = new Draft(this);
        changed.checks = checks;
        return changed.build();
    }

    /** Returns these options with another bound on requests in flight. */
    public ConnectOptions withMaximumRequests(int maximumRequests) {
        var changed = new Draft(this);
        changed.maximumRequests = maximumRequests;
        return changed.build();
    }

    /** Returns these options with another receive buffer in bytes. */
    public ConnectOptions withReceiveBuffer(int receiveBuffer) {
        var changed = new Draft(this);
        changed.receiveBuffer = receiveBuffer;
        return changed.build();
    }

    /** All the values once more, of which one is about to change. */
    private static final class Draft {
        private Duration connectTimeout;
        private Duration handshakeTimeout;
        private Duration silenceTimeout;
        private Duration requestTimeout;
        private Duration closeTimeout;
        private TlsOptions tls;
        private List<String> metaContexts;
        private boolean structuredReplies;
        private boolean extendedHeaders;
        private boolean oldServers;
        private boolean localFilesFromUri;
        private ChannelThreads threads;
        private Set<ClientCheck> checks;
        private int maximumRequests;
        private int receiveBuffer;

        Draft(ConnectOptions from) {
            connectTimeout = from.connectTimeout;
            handshakeTimeout = from.handshakeTimeout;
            silenceTimeout = from.silenceTimeout;
            requestTimeout = from.requestTimeout;
            closeTimeout = from.closeTimeout;
            tls = from.tls;
            metaContexts = from.metaContexts;
            structuredReplies = from.structuredReplies;
            extendedHeaders = from.extendedHeaders;
            oldServers = from.oldServers;
            localFilesFromUri = from.localFilesFromUri;
            threads = from.threads;
            checks = from.checks;
            maximumRequests = from.maximumRequests;
            receiveBuffer = from.receiveBuffer;
        }

        ConnectOptions build() {
            return new ConnectOptions(
                    connectTimeout,
                    handshakeTimeout,
                    silenceTimeout,
                    requestTimeout,
                    closeTimeout,
                    tls,
                    metaContexts,
                    structuredReplies,
                    extendedHeaders,
                    oldServers,
                    localFilesFromUri,
                    threads,
                    checks,
                    maximumRequests,
                    receiveBuffer);
        }
    }
}
