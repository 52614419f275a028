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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SurvivalTest {
    private static final Duration TICK = Duration.ofMillis(20);

    private final PoolFixture fixture = new PoolFixture();
    private final FakeServer server = fixture.server;

    @AfterEach
    void close() {
        fixture.close();
    }

    private PoolStats passTime(NbdPool pool, Predicate<PoolStats> until) {
        return awaitTrue(pool::stats, stats -> {
            fixture.time.advance(TICK);
            return until.test(stats);
        });
    }

    /** F-P01. */
    @Test
    void aConnectionThatDiedIdleIsReplacedAndNobodySeesAnError() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        server.connections.getFirst().die();

        for (int call = 0; call < 10; call++) {
            pool.read(0, bytes(512));
        }
        pool.lease(Duration.ZERO).close();
        assertThat(passTime(pool, stats -> stats.live() == 2 && stats.lost() == 1)
                        .failures())
                .isZero();
    }

    /** F-P01, with nobody who calls. */
    @Test
    void aConnectionThatDiedIdleIsReplacedThoughNobodyCalls() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        server.connections.getFirst().die();

        passTime(pool, stats -> stats.lost() == 1 && stats.live() == 1);
    }

    /** F-P02, F-C01. */
    @Test
    void callsInFlightFailOnceWithARetryableErrorAndTheOthersGoOn() throws Exception {
        var gate = new CountDownLatch(1);
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        server.onCall = (connection, command) -> {
            if (connection.number == 1) {
                gate.await(20, TimeUnit.SECONDS);
                connection.die();
            }
        };
        var doomed = start(() -> {
            pool.read(0, bytes(1 << 20));
            return null;
        });
        await(pool, stats -> stats.inFlight() == 1);
        gate.countDown();

        assertThatThrownBy(doomed::result)
                .isInstanceOfSatisfying(
                        NbdDisconnectedException.class,
                        e -> assertThat(e.retryable()).isTrue());
        assertThat(pool.stats().failures()).isOne();
        pool.read(0, bytes(512));
        passTime(pool, stats -> stats.live() == 2);
    }

    /** F-P02: where the caller asks for it the pool repeats, and the buffer is where it was. */
    @Test
    void repeatsACallOverAnotherConnectionWithTheBufferAsItWas() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        server.onCall = (connection, command) -> {
            if (connection.number == 1) {
                connection.die();
            }
        };
        var call = start(() -> {
            pool.retrying().write(4096, bytes(1024).position(24));
            return null;
        });
        awaitTrue(call.task()::isDone, done -> {
            fixture.time.advance(TICK);
            return done;
        });
        call.result();

        assertThat(server.connections.stream()
                        .flatMap(connection -> connection.commands.stream())
                        .toList())
                .containsExactly("write 4096 1000");
        assertThat(pool.stats()).matches(stats -> stats.retries() == 1 && stats.failures() == 1);
    }

    @Test
    void repeatsWithinTheBudgetAndThenSaysHowItFailedFirstAndLast() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        server.onCall = (connection, command) -> {
            throw new NbdCommandException(command, NbdError.EIO.value(), "", -1);
        };
        SharedCalls calls = pool.retrying(RetryPolicy.defaults().withBudget(Duration.ofSeconds(5)));
        long began = fixture.time.nanos();
        var call = start(() -> {
            calls.read(0, bytes(1));
            return null;
        });
        awaitTrue(call.task()::isDone, done -> {
            fixture.time.advance(done ? Duration.ZERO : TICK);
            return done;
        });

        assertThatThrownBy(call::result)
                .isInstanceOf(NbdCommandException.class)
                .hasMessageContaining("EIO")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(pool.stats().failures()).isBetween(4L, 20L);
        assertThat(fixture.time.nanos() - began)
                .isLessThan(Duration.ofSeconds(30).toNanos());
    }

    @Test
    void neverRepeatsWhatWouldFailAgain() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        for (NbdError error : NbdError.values()) {
            if (error.retryable()) {
                continue;
            }
            long before = pool.stats().failures();
            server.onCall = (connection, command) -> {
                throw new NbdCommandException(command, error.value(), "", -1);
            };
            assertThatThrownBy(() -> pool.retrying().write(0, bytes(1))).hasMessageContaining(error.name());
            assertThat(pool.stats().failures() - before).as(error.name()).isOne();
        }
    }

    /** F-C12: a server that is going away answers ESHUTDOWN; the connection is not used any more. */
    @Test
    void leavesAConnectionWhoseServerIsShuttingDown() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        server.onCall = (connection, command) -> {
            if (connection.number == 1) {
                throw new NbdCommandException(command, NbdError.ESHUTDOWN.value(), "", -1);
            }
        };
        assertThatThrownBy(() -> pool.read(0, bytes(1))).hasMessageContaining("ESHUTDOWN");

        passTime(pool, stats -> stats.live() == 1 && stats.lost() == 1);
        pool.read(0, bytes(1));
        assertThat(server.connections.getFirst().closed).hasValue(1);
    }

    /** F-P08. */
    @Test
    void dialsAtMostOnceForEachSlotAndStep() throws Exception {
        var redial = BackOff.defaults()
                .withDelays(Duration.ofMillis(100), Duration.ofSeconds(2))
                .withJitter(0);
        NbdPool pool = fixture.openComplete(fixture.options()
                .withConnections(4)
                .withUpkeep(Upkeep.defaults().withRedial(redial)));
        pool.read(0, bytes(1));
        server.kill();
        var callers = new ArrayList<PoolFixture.Task<Void>>();
        for (int caller = 0; caller < 100; caller++) {
            callers.add(start(() -> {
                pool.read(0, bytes(1));
                return null;
            }));
        }
        await(pool, stats -> stats.waiting() == 100);
        int before = server.dials.get();
        long began = fixture.time.nanos();
        awaitTrue(server.dials::get, dials -> {
            fixture.time.advance(Duration.ofMillis(10));
            return dials - before >= 40;
        });
        long elapsedMillis = Duration.ofNanos(fixture.time.nanos() - began).toMillis();
        int steps = 1;
        for (long wait = 100, at = 25; at <= elapsedMillis; at += wait, wait = Math.min(2000, wait * 2)) {
            steps++;
        }
        assertThat(server.dials.get() - before).as("in %d ms", elapsedMillis).isLessThanOrEqualTo(4 * steps);

        server.restart();
        passTime(pool, stats -> stats.live() == 4 && stats.inFlight() == 0 && stats.waiting() == 0);
        for (var caller : callers) {
            caller.result();
        }
    }

    @Test
    void aServerThatHangsUpAtOnceIsNotDialledWithoutPause() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        for (int tick = 0; tick < 500; tick++) {
            server.open().forEach(FakeConnection::die);
            fixture.time.advance(TICK);
            await(pool, stats -> stats.dialling() == 0);
        }

        assertThat(server.dials).as("in 10 s").hasValueLessThan(15);
    }

    /** F-C11. */
    @Test
    void aServerThatComesBackWithAnotherExportIsAnErrorForGood() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        server.kill();
        var waiter = start(() -> {
            pool.retrying().write(0, bytes(1));
            return null;
        });
        await(pool, stats -> stats.lost() == 2 && stats.waiting() == 1);
        server.export = FakeServer.export(FakeServer.SIZE * 2, FakeServer.FLAGS, "base:allocation");
        server.restart();
        passTime(pool, stats -> stats.refused() > 0 && stats.waiting() == 0);

        assertThatThrownBy(waiter::result)
                .isInstanceOf(NbdNegotiationException.class)
                .hasMessageContaining(
                        "size 2097152 instead of 1048576; metadata contexts [base:allocation] instead of []");
        assertThatThrownBy(() -> pool.read(0, bytes(1))).isInstanceOf(NbdNegotiationException.class);
        assertThatThrownBy(() -> pool.lease(Duration.ZERO)).isInstanceOf(NbdNegotiationException.class);
        int dials = server.dials.get();
        for (int tick = 0; tick < 100; tick++) {
            fixture.time.advance(Duration.ofSeconds(1));
        }
        assertThat(server.dials).hasValue(dials);
        assertThat(server.connections)
                .allSatisfy(connection -> assertThat(connection.commands).isEmpty());
    }

    @Test
    void aCallThatIsLostWhileTheExportChangesSaysThatItChanged() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        var begun = new CountDownLatch(1);
        var refused = new CountDownLatch(1);
        server.onCall = (connection, command) -> {
            begun.countDown();
            refused.await(20, TimeUnit.SECONDS);
        };
        var caller = start(() -> {
            pool.retrying().write(0, bytes(1));
            return null;
        });
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        server.kill();
        server.export = FakeServer.export(FakeServer.SIZE * 2, FakeServer.FLAGS);
        server.restart();
        passTime(pool, stats -> stats.refused() > 0);
        refused.countDown();

        assertThatThrownBy(caller::result)
                .isInstanceOf(NbdNegotiationException.class)
                .hasMessageContaining("size 2097152 instead of 1048576")
                .satisfies(e ->
                        assertThat(e.getSuppressed()).singleElement().isInstanceOf(NbdDisconnectedException.class));
    }

    @Test
    void aCallWaitsForTheServerToComeBackAndThenSaysWhyItDidNot() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));
        server.kill();
        var call = start(() -> {
            pool.read(0, bytes(1));
            return null;
        });
        awaitTrue(call.task()::isDone, done -> {
            fixture.time.advance(done ? Duration.ZERO : Duration.ofMillis(500));
            return done;
        });

        assertThatThrownBy(call::result)
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("within PT30S")
                .hasMessageContaining("last failure to connect: Connection refused");
    }
}
