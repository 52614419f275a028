// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import nbd4j.client.ChannelThreads;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.copy.endpoint.EndpointException.Side;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.pool.NbdPool;
import nbd4j.pool.PoolOptions;
import nbd4j.uri.NbdUri;

/** Opens the NBD ends of copies. */
final class NbdEndpoints {
    /** How long a pool waits for calls in flight when it is closed; the copier has waited for its own before. */
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private NbdEndpoints() {}

    static Source source(String uri, EndpointOptions options) throws IOException {
        NbdPool pool = open(uri, options, List.of(MetaContext.BASE_ALLOCATION));
        return new NbdSource(
                uri,
                pool,
                parallel(pool.export(), options),
                options.connectionsTo(pool.export().flags()));
    }

    static Target target(String uri, EndpointOptions options) throws IOException {
        NbdPool pool = open(uri, options, List.of());
        if (pool.export().flags().readOnly()) {
            pool.close();
            throw new EndpointException(Side.TARGET, uri + " is read-only");
        }
        return new NbdTarget(
                uri,
                pool,
                parallel(pool.export(), options),
                options.connectionsTo(pool.export().flags()));
    }

    private static NbdPool open(String uri, EndpointOptions options, List<String> contexts) throws IOException {
        NbdUri parsed = NbdUri.parse(uri);
        // The copier's threads are never interrupted while they are inside a call, so they may touch the channel.
        ConnectOptions connect = options.connect().withMetaContexts(contexts).withThreads(ChannelThreads.CALLERS);
        PoolOptions pool = PoolOptions.defaults()
                .withConnect(connect)
                .withConnections(Math.min(options.connections(), PoolOptions.MAXIMUM_CONNECTIONS))
                .withDepth(Math.min(options.requests(), connect.maximumRequests()))
                .withWaitLimit(options.reconnectFor())
                .withCloseWait(CLOSE_WAIT)
                .withThreads(options.threads());
        return NbdPool.open(uri, () -> NbdClient.connect(parsed, connect), pool);
    }

    private static int parallel(Export export, EndpointOptions options) {
        return options.connectionsTo(export.flags()) * options.requests();
    }
}
