// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.pool.PoolFixture.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClosingTest {
    private final PoolFixture fixture = new PoolFixture();
    private final FakeServer server = fixture.server;
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        fixture.close();
    }

    private Task<Void> close(NbdPool pool) {
        return start(() -> {
            pool.close();
            return null;
        });
    }

    /** F-P05. */
    @Test
    void closesEveryConnectionInOrderAndOnce() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(3));
        var closers = new ArrayList<Task<Void>>();
        for (int closer = 0; closer < 20; closer++) {
            closers.add(close(pool));
        }
        for (Task<Void> closer : closers) {
            closer.result();
        }
        pool.close();

        assertThat(server.connections)
                .allMatch(connection -> connection.closed.get() == 1 && connection.aborted.get() == 0);
        assertThat(pool.stats().live()).isZero();
        awaitTrue(() -> fixture.events, events -> events.contains(new PoolEvent.Closed()));
    }

    @Test
    void tellsEverythingBeforeItReturns() throws Exception {
        var told = new CopyOnWriteArrayList<PoolEvent>();
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(3).withListener(event -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            told.add(event);
        }));
        pool.close();

        assertThat(told).contains(new PoolEvent.Closed());
    }

    @Test
    void goesOnWithoutAListenerThatHangs() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(3).withListener(event -> {
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        close(pool).result();

        assertThat(pool.stats().live()).isZero();
    }

    /** F-P05. */
    @Test
    void waitsForCallsInFlightAndTurnsNewOnesAway() throws Exception {
        server.onCall = (connection, command) -> gate.await(20, TimeUnit.SECONDS);
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        var call = start(() -> {
            pool.read(0, bytes(512));
            return null;
        });
        await(pool, stats -> stats.inFlight() == 1);
        var closer = close(pool);
        awaitTrue(() -> fixture.events, events -> events.contains(new PoolEvent.Closed()));

        assertThatThrownBy(() -> pool.read(0, bytes(512)))
                .isInstanceOf(NbdDisconnectedException.class)
                .hasMessage("nbd://fake: the pool is closed");
        assertThatThrownBy(() -> pool.retrying().read(0, bytes(512)))
                .as("not repeated either")
                .hasMessage("nbd://fake: the pool is closed");
        assertThat(closer.task().isDone()).isFalse();
        gate.countDown();
        call.result();
        closer.result();
        assertThat(server.connections.getFirst().closed).hasValue(1);
        assertThat(server.connections.getFirst().aborted).hasValue(0);
    }

    /** F-P05: whoever holds on longer than the grace is cut off. */
    @Test
    void cutsOffBorrowersAfterTheWait() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2).withCloseWait(Duration.ofSeconds(5)));
        Lease lease = pool.lease(Duration.ZERO);
        var waiters = new ArrayList<Task<Lease>>();
        Lease other = pool.lease(Duration.ZERO);
        for (int waiter = 0; waiter < 3; waiter++) {
            waiters.add(start(() -> pool.lease(Duration.ofHours(1))));
        }
        await(pool, stats -> stats.waiting() == 3);
        var closer = close(pool);
        for (Task<Lease> waiter : waiters) {
            assertThatThrownBy(waiter::result).hasMessage("nbd://fake: the pool is closed");
        }
        other.close();
        assertThat(closer.task().isDone()).isFalse();
        awaitTrue(closer.task()::isDone, done -> {
            fixture.time.advance(Duration.ofSeconds(5));
            return done;
        });

        closer.result();
        assertThat(((FakeConnection) lease.pooled()).aborted).hasValue(1);
        assertThatThrownBy(() -> lease.pooled().flush()).isInstanceOf(NbdDisconnectedException.class);
        lease.close();
        assertThat(pool.stats()).matches(stats -> stats.leased() == 0 && stats.live() == 0);
    }

    @Test
    void interruptingTheCloserCutsTheWaitShort() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        Lease lease = pool.lease(Duration.ZERO);
        var closer = start(() -> {
            pool.close();
            return Thread.interrupted();
        });
        awaitTrue(() -> fixture.events, events -> events.contains(new PoolEvent.Closed()));
        closer.thread().interrupt();

        assertThat(closer.result()).as("interrupt status").isTrue();
        assertThat(((FakeConnection) lease.pooled()).aborted).hasValue(1);
    }

    @Test
    void abortingEndsCallsInFlightAtOnceAndACloseThatWaits() throws Exception {
        server.onCall = (connection, command) -> {
            while (connection.isOpen()) {
                gate.await(1, TimeUnit.MILLISECONDS);
            }
        };
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        var call = start(() -> {
            pool.read(0, bytes(512));
            return null;
        });
        await(pool, stats -> stats.inFlight() == 1);
        var closer = close(pool);
        pool.abort();
        pool.abort();

        assertThatThrownBy(call::result).isInstanceOf(NbdDisconnectedException.class);
        closer.result();
        assertThat(server.open()).isEmpty();
    }

    /** GEN-08: a handshake that is dropped in its middle looks like a fault to the server. */
    @Test
    void letsDialsInFlightEndAndClosesWhatTheyMade() throws Exception {
        dialsHang();
        NbdPool pool = fixture.open(fixture.options().withConnections(4));
        awaitTrue(server.dials::get, dials -> dials == 4);
        var closer = close(pool);
        awaitTrue(() -> fixture.events, events -> events.contains(new PoolEvent.Closed()));
        gate.countDown();
        closer.result();

        assertThat(server.connections)
                .hasSize(4)
                .allMatch(connection -> connection.closed.get() == 1 && connection.aborted.get() == 0);
    }

    private void dialsHang() {
        server.onDial = attempt -> {
            if (attempt == 1) {
                fixture.time.advance(Duration.ofMillis(150));
            } else {
                gate.await(20, TimeUnit.SECONDS);
            }
        };
    }

    @ParameterizedTest
    @CsvSource({"PT5S, PT1.5S", "PT0.2S, PT0.2S", "PT0S, PT0S"})
    void givesUpDialsThatTakeTenTimesAsLongAsTheFirstOrAsTheCloseMay(Duration closeWait, Duration patience)
            throws Exception {
        dialsHang();
        NbdPool pool = fixture.open(fixture.options().withConnections(4).withCloseWait(closeWait));
        awaitTrue(server.dials::get, dials -> dials == 4);
        var closer = close(pool);
        awaitTrue(server.connections::getFirst, first -> first.closed.get() == 1);
        if (patience.isPositive()) {
            fixture.time.advance(patience.minusMillis(1));
            assertThat(pool.stats().dialling()).isEqualTo(3);
            assertThat(closer.task().isDone()).isFalse();
            fixture.time.advance(Duration.ofMillis(1));
        }
        closer.result();

        assertThat(pool.stats().dialling()).isZero();
        assertThat(server.connections).hasSize(1);
    }

    /** Whatever time a dial had before the pool was closed counts. */
    @Test
    void doesNotWaitForADialThatHasHungForLong() throws Exception {
        dialsHang();
        NbdPool pool = fixture.open(fixture.options().withConnections(4));
        awaitTrue(server.dials::get, dials -> dials == 4);
        fixture.time.advance(Duration.ofMillis(1500));
        close(pool).result();

        assertThat(server.connections).hasSize(1);
    }

    @Test
    void abortingDoesNotWaitForDials() throws Exception {
        dialsHang();
        NbdPool pool = fixture.open(fixture.options().withConnections(4));
        awaitTrue(server.dials::get, dials -> dials == 4);
        pool.abort();

        await(pool, stats -> stats.dialling() == 0);
        assertThat(server.connections).hasSize(1);
    }

    /** A connection that is made while the pool is being closed must not be left open. */
    @Test
    void closesAConnectionThatComesTooLate() throws Exception {
        for (int round = 0; round < 100; round++) {
            NbdPool pool = fixture.open(fixture.options().withConnections(4));
            pool.close();
            assertThat(server.open()).isEmpty();
        }
    }
}
