// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nbd4j.model.TransmissionFlags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpkeepTest {
    private final PoolFixture fixture = new PoolFixture();
    private final FakeServer server = fixture.server;

    @AfterEach
    void close() {
        fixture.close();
    }

    private List<String> commands() {
        var all = new ArrayList<String>();
        server.connections.forEach(connection -> all.addAll(connection.commands));
        return all;
    }

    @Test
    void readsABlockOverAConnectionThatIsIdleForLong() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options()
                .withConnections(2)
                .withUpkeep(Upkeep.defaults().withKeepAlive(Duration.ofSeconds(10))));
        fixture.time.advance(Duration.ofSeconds(9));
        assertThat(commands()).isEmpty();
        fixture.time.advance(Duration.ofSeconds(2));

        awaitTrue(this::commands, commands -> commands.size() == 2);
        assertThat(commands()).containsExactly("read 0 1", "read 0 1");
        await(pool, stats -> stats.inFlight() == 0);
    }

    @Test
    void doesNotPingALeasedConnectionNorAnEmptyExport() throws Exception {
        server.export = FakeServer.export(0, FakeServer.FLAGS);
        fixture.openComplete(fixture.options().withConnections(2));
        for (int minute = 0; minute < 10; minute++) {
            fixture.time.advance(Duration.ofMinutes(1));
        }
        assertThat(commands()).isEmpty();

        server.export = FakeServer.export(512, FakeServer.FLAGS);
        NbdPool other = fixture.openComplete(fixture.options().withConnections(1));
        try (Lease lease = other.lease(Duration.ZERO)) {
            for (int minute = 0; minute < 10; minute++) {
                fixture.time.advance(Duration.ofMinutes(1));
            }
            assertThat(((FakeConnection) lease.pooled()).commands).isEmpty();
        }
    }

    @Test
    void replacesAConnectionThatDoesNotSurviveItsPing() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        server.onCall = (connection, command) -> {
            if (connection.number == 1) {
                connection.die();
            }
        };
        awaitTrue(pool::stats, stats -> {
            fixture.time.advance(Duration.ofSeconds(1));
            return stats.lost() == 1 && stats.live() == 1;
        });
        pool.read(0, bytes(512));
    }

    @Test
    void replacesOldConnectionsOneAtATimeWithoutAnError() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options()
                .withConnections(3)
                .withUpkeep(Upkeep.defaults().withMaximumAge(Duration.ofMinutes(10))));
        assertThat(pool.flush()).isEqualTo(1);
        awaitTrue(pool::stats, stats -> {
            fixture.time.advance(Duration.ofSeconds(1));
            assertThat(stats.live()).isGreaterThanOrEqualTo(2);
            return stats.retired() >= 3;
        });

        assertThat(await(pool, stats -> stats.live() == 3))
                .matches(stats -> stats.retired() >= 3 && stats.lost() == 0 && stats.failures() == 0);
        assertThat(server.connections.subList(0, 3))
                .allSatisfy(connection -> assertThat(connection.closed).hasValue(1));
        assertThat(pool.flush()).as("some connection was always there").isEqualTo(1);
    }

    /** Without CAN_MULTI_CONN there are never two connections, so the old one goes before the new one comes. */
    @Test
    void replacesTheOnlyConnectionBetweenCalls() throws Exception {
        server.export = FakeServer.export(FakeServer.SIZE, TransmissionFlags.HAS_FLAGS);
        NbdPool pool =
                fixture.open(fixture.options().withUpkeep(Upkeep.defaults().withMaximumAge(Duration.ofMinutes(10))));
        awaitTrue(pool::stats, stats -> {
            fixture.time.advance(Duration.ofSeconds(5));
            assertThat(server.open()).hasSizeLessThanOrEqualTo(1);
            return stats.retired() == 1 && stats.live() == 1;
        });
        pool.read(0, bytes(512));

        assertThat(pool.lifetime())
                .as("nobody vouches for the server meanwhile")
                .isEqualTo(2);
    }

    /** A borrower waits for the call in flight on a connection that is to be replaced meanwhile. */
    @Test
    void replacesAConnectionThatABorrowerWaitsFor() throws Exception {
        var gate = new CountDownLatch(1);
        server.onCall = (connection, command) -> gate.await(20, TimeUnit.SECONDS);
        NbdPool pool = fixture.openComplete(fixture.options()
                .withConnections(1)
                .withUpkeep(Upkeep.defaults().withMaximumAge(Duration.ofMinutes(10))));
        var call = start(() -> {
            pool.read(0, bytes(512));
            return null;
        });
        await(pool, stats -> stats.inFlight() == 1);
        var borrower = start(() -> pool.lease(Duration.ofDays(1)));
        await(pool, stats -> stats.waiting() == 1);
        for (int minute = 0; minute < 20; minute++) {
            fixture.time.advance(Duration.ofMinutes(1));
        }
        gate.countDown();
        call.result();
        awaitTrue(borrower.task()::isDone, done -> {
            fixture.time.advance(Duration.ofSeconds(1));
            return done;
        });

        borrower.result().close();
        assertThat(pool.stats()).matches(stats -> stats.retired() == 1 && stats.failures() == 0);
    }
}
