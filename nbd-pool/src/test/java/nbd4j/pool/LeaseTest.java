// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nbd4j.model.NbdTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaseTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final PoolFixture fixture = new PoolFixture();
    private final FakeServer server = fixture.server;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void keepsSharedCallsOffALeasedConnection() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        try (Lease lease = pool.lease(LONG)) {
            for (int call = 0; call < 20; call++) {
                pool.read(0, bytes(512));
            }
            assertThat(((FakeConnection) lease.pooled()).commands).isEmpty();
            assertThat(pool.stats().leased()).isOne();
        }
        assertThat(pool.stats().leased()).isZero();
    }

    @Test
    void sharedCallsWaitWhileEveryConnectionIsLeased() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        Lease lease = pool.lease(LONG);
        var call = start(() -> {
            pool.read(0, bytes(512));
            return null;
        });
        await(pool, stats -> stats.waiting() == 1);
        assertThat(server.connections.getFirst().commands).isEmpty();

        lease.close();
        call.result();
    }

    @Test
    void aLeaseWaitsForCallsInFlightAndNoNewOnesOvertakeIt() throws Exception {
        var gate = new CountDownLatch(1);
        server.onCall = (connection, command) -> gate.await(20, TimeUnit.SECONDS);
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        var first = start(() -> {
            pool.read(0, bytes(512));
            return null;
        });
        await(pool, stats -> stats.inFlight() == 1);
        var borrower = start(() -> pool.lease(LONG));
        await(pool, stats -> stats.waiting() == 1);
        var second = start(() -> {
            pool.read(0, bytes(512));
            return null;
        });
        await(pool, stats -> stats.waiting() == 2);

        gate.countDown();
        first.result();
        Lease lease = borrower.result();
        await(pool, stats -> stats.waiting() == 1 && stats.leased() == 1);
        lease.close();
        second.result();
    }

    /** F-P04. */
    @Test
    void aLeaseThatIsNotToBeHadInTimeSaysHowThingsStand() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        try (Lease held = pool.lease(LONG)) {
            assertThat(held.pooled().isOpen()).isTrue();
            assertThatThrownBy(() -> pool.lease(Duration.ZERO))
                    .isInstanceOf(NbdTimeoutException.class)
                    .hasMessageContaining("no connection for a lease within PT0S: 1 wished for, 1 live, 1 leased");
        }
        pool.lease(Duration.ZERO).close();
    }

    /** F-P04. */
    @Test
    void anInterruptedBorrowerLosesNoPermit() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        Lease held = pool.lease(LONG);
        var borrower = start(() -> pool.lease(LONG));
        await(pool, stats -> stats.waiting() == 1);
        borrower.thread().interrupt();
        assertThatThrownBy(borrower::result).isInstanceOf(InterruptedIOException.class);
        held.close();

        pool.lease(Duration.ZERO).close();
        assertThat(pool.stats()).matches(stats -> stats.leased() == 0 && stats.live() == 1 && stats.waiting() == 0);
    }

    /** F-P04: the borrower is interrupted in the moment in which the connection becomes free. */
    @Test
    void aConnectionGrantedToAnInterruptedBorrowerIsNotLost() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        for (int round = 0; round < 200; round++) {
            Lease held = pool.lease(LONG);
            var borrower = start(() -> {
                try (Lease lease = pool.lease(LONG)) {
                    return lease.pooled().isOpen();
                } catch (InterruptedIOException e) {
                    return true;
                }
            });
            await(pool, stats -> stats.waiting() == 1);
            var returner = start(() -> {
                held.close();
                return null;
            });
            borrower.thread().interrupt();
            returner.result();
            assertThat(borrower.result()).isTrue();
        }
        pool.lease(Duration.ZERO).close();
        assertThat(pool.stats()).matches(stats -> stats.leased() == 0 && stats.live() == 1);
    }

    /** F-P06. */
    @Test
    void returningTwiceIsAnError() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        Lease lease = pool.lease(LONG);
        lease.close();

        assertThatThrownBy(lease::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the lease of connection 0 was returned twice");
        assertThatThrownBy(lease::connection).isInstanceOf(IllegalStateException.class);
        assertThat(pool.stats().leased()).isZero();
    }

    /** F-P06. */
    @Test
    void reportsAForgottenLeaseOnceWithTheStackOfItsBorrower() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options()
                .withConnections(1)
                .withUpkeep(Upkeep.defaults().withLeakAfter(Duration.ofSeconds(30))));
        Lease forgotten = pool.lease(LONG);
        for (int second = 0; second < 40; second++) {
            fixture.time.advance(Duration.ofSeconds(1));
            await(pool, stats -> stats.live() == 1);
        }

        var leak = awaitTrue(
                () -> fixture.events.stream()
                        .filter(event -> event instanceof PoolEvent.Leaked)
                        .toList(),
                leaks -> {
                    fixture.time.advance(Duration.ofSeconds(1));
                    return !leaks.isEmpty();
                });
        assertThat(leak).singleElement().isInstanceOfSatisfying(PoolEvent.Leaked.class, leaked -> {
            assertThat(leaked.held()).isGreaterThanOrEqualTo(Duration.ofSeconds(30));
            assertThat(leaked.borrower().getStackTrace())
                    .anyMatch(frame ->
                            frame.getMethodName().equals("reportsAForgottenLeaseOnceWithTheStackOfItsBorrower"));
        });
        forgotten.close();
    }

    @Test
    void replacesAConnectionThatTheBorrowerClosed() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        try (Lease lease = pool.lease(LONG)) {
            lease.pooled().close();
        }
        awaitTrue(pool::stats, stats -> {
            fixture.time.advance(Duration.ofMillis(50));
            return stats.live() == 1 && stats.dials() == 2;
        });
        pool.write(0, bytes(512), Set.of());
    }

    /** Two borrowers wait for two connections; that of the first dies, so the first gets that of the second. */
    @Test
    void aBorrowerWhoseReservationDiesTakesTheNextInOrder() throws Exception {
        var gates = List.of(new CountDownLatch(1), new CountDownLatch(1));
        server.onCall = (connection, command) -> {
            gates.get(connection.number - 1).await(20, TimeUnit.SECONDS);
        };
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        for (int length = 1; length <= 2; length++) {
            int bytes = length;
            start(() -> {
                pool.read(0, bytes(bytes));
                return null;
            });
            await(pool, stats -> stats.inFlight() == bytes);
        }
        var first = start(() -> pool.lease(LONG));
        await(pool, stats -> stats.waiting() == 1);
        var second = start(() -> pool.lease(LONG));
        await(pool, stats -> stats.waiting() == 2);
        server.onDial = attempt -> {
            throw new ConnectException("Connection refused");
        };
        server.connections.getFirst().die();
        gates.getFirst().countDown();
        await(pool, stats -> stats.live() == 1);
        gates.getLast().countDown();

        first.result().close();
        second.result().close();
    }
}
