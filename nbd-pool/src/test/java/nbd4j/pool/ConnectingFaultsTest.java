// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.start;
import static nbd4j.pool.ServerFixture.SIZE;
import static nbd4j.pool.ServerFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.server.Capability;
import nbd4j.server.NbdServer;
import nbd4j.server.PatternStorage;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that cannot be made, or only some of them, or slowly, over real sockets. */
@Timeout(60)
class ConnectingFaultsTest {
    private final ServerFixture fixture = new ServerFixture();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void fC03AHandshakeThatIsCutOffIsAnErrorAndIsTriedAgainWhereThatIsAskedFor() throws Exception {
        NbdServer server = fixture.servePattern();
        server.faults().cutConnectionsAfter(10);
        assertThatThrownBy(() -> fixture.open(server, fixture.options())).isInstanceOf(NbdDisconnectedException.class);
        server.faults().cutConnectionsAfter(100);
        assertThatThrownBy(() -> fixture.open(server, fixture.options().withConnectWait(Duration.ofMillis(300))))
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("no connection within PT0.3S");
        assertThat(server.acceptedCount()).isGreaterThan(3);

        server.faults().clear();
        readAll(fixture.open(server, fixture.options()), 2);
    }

    @Test
    void fC13TheOnlyConnectionOfAOneShotServerIsKeptAndUsed() throws Exception {
        NbdServer server = fixture.serve(ServerOptions.defaults()
                .withExport(PatternStorage.of(SIZE))
                .withMaximumConnections(1)
                .withOneShot());
        NbdPool pool = fixture.open(server, fixture.options());

        readAll(pool, 4);
        pool.close();

        assertThat(server.awaitStopped(Duration.ofSeconds(5))).isTrue();
        assertThat(server.acceptedCount()).isOne();
    }

    @Test
    void fC14FewerConnectionsThanAdvertisedAreUsedWithOneWarning() throws Exception {
        for (int limit = 1; limit <= 2; limit++) {
            fixture.events.clear();
            NbdServer server = fixture.serve(
                    ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).withMaximumConnections(limit));
            NbdPool pool = fixture.open(server, fixture.options());
            await(pool, stats -> stats.dialFailures() > 6);
            readAll(pool, 8);

            assertThat(pool.stats().live()).isEqualTo(limit);
            assertThat(pool.stats().failures()).isZero();
            assertThat(fixture.events)
                    .filteredOn(event -> event instanceof PoolEvent.Degraded)
                    .hasSize(1);
        }
    }

    @Test
    void fC15AServerThatDoesNotGreetIsAnErrorWithinTheHandshakeLimit() throws Exception {
        NbdServer server = fixture.serve(
                ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).withOpenDelay(Duration.ofSeconds(30)));
        var connect = fixture.options().connect().withHandshakeTimeout(Duration.ofMillis(300));
        long began = System.nanoTime();

        assertThatThrownBy(() -> fixture.open(server, fixture.options().withConnect(connect)))
                .isInstanceOf(NbdTimeoutException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void fC16ConnectionsThatOpenSlowlyAreMadeSideBySide() throws Exception {
        NbdServer server = fixture.serve(
                ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).withOpenDelay(Duration.ofMillis(300)));
        long began = System.nanoTime();
        NbdPool pool = fixture.openComplete(server, fixture.options().withConnections(8));

        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .as("two rounds of 300 ms, not eight")
                .isLessThan(Duration.ofMillis(1800));
        assertThat(pool.stats().dialFailures()).isZero();
    }

    @Test
    void fC17NobodyThereIsAnErrorAtOnce() throws Exception {
        int port;
        try (var nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = nobody.getLocalPort();
        }

        assertThatThrownBy(() -> NbdPool.open("nbd://127.0.0.1:" + port, fixture.options()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("efused");
        assertThatThrownBy(() -> NbdPool.open("nbd+unix:///?socket=/nonexistent/nbd4j.sock", fixture.options()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/nonexistent/nbd4j.sock");
    }

    @Test
    void connectWaitBridgesTheTimeUntilTheServerIsThere() throws Exception {
        NbdServer server = fixture.servePattern();
        server.kill();
        var pool = start(() -> fixture.open(server, fixture.options().withConnectWait(Duration.ofSeconds(20))));
        assertThat(pool.task().isDone()).isFalse();
        server.restart();

        readAll(pool.result(), 2);
    }

    @Test
    void usesOneConnectionWithoutCanMultiConn() throws Exception {
        NbdServer server = fixture.serve(
                ServerOptions.defaults().withExport(PatternStorage.of(SIZE)).without(Capability.MULTI_CONN));
        NbdPool pool = fixture.open(server, fixture.options().withConnections(8));
        readAll(pool, 16);

        assertThat(server.acceptedCount()).isOne();
    }
}
