// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LifetimeTest {
    private final PoolFixture fixture = new PoolFixture();
    private final FakeServer server = fixture.server;

    @AfterEach
    void close() {
        fixture.close();
    }

    private void passTimeUntilLive(NbdPool pool, int live, long dials) {
        awaitTrue(pool::stats, stats -> {
            fixture.time.advance(Duration.ofMillis(100));
            return stats.live() == live && stats.dials() >= dials;
        });
    }

    @Test
    void staysTheSameWhileOneConnectionLivesThroughTheLossOfTheOthers() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(3));
        assertThat(pool.flush()).isEqualTo(1);
        for (int round = 0; round < 6; round++) {
            // Whoever was there from the beginning may go, once a flush showed that the server is still the same.
            server.open().getFirst().die();
            passTimeUntilLive(pool, 3, 4 + round);
            assertThat(pool.flush()).isEqualTo(1);
        }
        assertThat(pool.lifetime()).isEqualTo(1);
    }

    /** F-C10: the pool cannot know what became of the writes. */
    @Test
    void changesWhenEveryConnectionWasLost() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(3));
        pool.write(0, bytes(512));
        server.kill();
        server.restart();
        passTimeUntilLive(pool, 3, 6);

        assertThat(pool.lifetime()).isEqualTo(2);
        assertThat(pool.flush()).isEqualTo(2);
        awaitTrue(() -> fixture.events, events -> events.contains(new PoolEvent.LifetimeChanged(2)));
    }

    /**
     * The server is started anew, and the loss of one connection is noticed before that of the other: the new
     * connection must not hide that.
     */
    @Test
    void changesAlsoWhenTheLossesAreNoticedOneByOne() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        assertThat(pool.flush()).isEqualTo(1);
        FakeConnection first = server.connections.getFirst();
        FakeConnection second = server.connections.get(1);
        first.die();
        passTimeUntilLive(pool, 2, 3);
        assertThat(pool.lifetime())
                .as("as far as is known the second one is alive")
                .isEqualTo(1);

        second.die();
        passTimeUntilLive(pool, 2, 4);

        assertThat(pool.lifetime()).isEqualTo(2);
    }

    @Test
    void flushesOverAConnectionThatProvesThatTheServerIsTheSame() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        FakeConnection old = server.connections.getFirst();
        pool.flush();

        assertThat(old.commands).containsExactly("flush");
    }

    @Test
    void aSingleConnectionThatIsReplacedBeginsANewLifetime() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        pool.write(0, bytes(512));
        server.connections.getFirst().die();
        passTimeUntilLive(pool, 1, 2);

        assertThat(pool.flush()).isEqualTo(2);
    }

    @Test
    void aFailedFlushBeginsANewLifetimeAndIsNotRepeated() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        var calls = new AtomicInteger();
        server.onCall = (connection, command) -> {
            calls.incrementAndGet();
            throw new NbdCommandException("flush", NbdError.EIO.value(), "", -1);
        };

        assertThatThrownBy(() -> pool.retrying().flush()).isInstanceOf(NbdCommandException.class);
        assertThat(calls).hasValue(1);
        server.onCall = (connection, command) -> {};
        assertThat(pool.flush()).as("what was written before is not covered").isEqualTo(2);
    }

    @Test
    void aFlushWhoseAnswerIsLostBeginsANewLifetime() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(3));
        assertThat(pool.flush()).isEqualTo(1);
        server.onCall = (connection, command) -> connection.die();

        assertThatThrownBy(pool::flush).isInstanceOf(NbdDisconnectedException.class);
        server.onCall = (connection, command) -> {};
        assertThat(pool.flush()).isEqualTo(2);
    }

    /** Of two flushes at once, one might be told of a failure that concerns both. */
    @Test
    void flushesOneAtATime() throws Exception {
        var gate = new CountDownLatch(1);
        server.onCall = (connection, command) -> gate.await(20, TimeUnit.SECONDS);
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        var first = start(pool::flush);
        var second = start(pool::flush);
        await(pool, stats -> stats.inFlight() == 1 && stats.waiting() == 1);
        gate.countDown();

        assertThat(first.result()).isEqualTo(1);
        assertThat(second.result()).isEqualTo(1);
    }

    /** A flush that has to wait for the connection it needs does not hold up reads that can go elsewhere. */
    @Test
    void readsPassAFlushThatWaits() throws Exception {
        var gate = new CountDownLatch(1);
        server.onCall = (connection, command) -> {
            if (command.equals("flush")) {
                gate.await(20, TimeUnit.SECONDS);
            }
        };
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        var first = start(pool::flush);
        await(pool, stats -> stats.inFlight() == 1);
        var second = start(pool::flush);
        await(pool, stats -> stats.waiting() == 1);

        pool.read(0, bytes(512));
        assertThat(pool.stats().waiting()).isOne();
        gate.countDown();
        first.result();
        second.result();
    }
}
