// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static nbd4j.pool.ServerFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CopyOnWriteArrayList;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.pool.PoolFixture.Task;
import nbd4j.server.ActiveFault;
import nbd4j.server.Command;
import nbd4j.server.ErrorCode;
import nbd4j.server.Fault;
import nbd4j.server.NbdServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that break, stall or die while a pool uses them, over real sockets. */
@Timeout(60)
class ConnectionFaultsTest {
    private final ServerFixture fixture = new ServerFixture();

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void fC01OneConnectionIsCutInTheMiddleOfAReplyAndNothingIsLost() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
        ActiveFault cut = server.faults().add(Fault.on(Command.READ).nth(10).cut(3000));

        readAll(pool.retrying(), 8);

        assertThat(cut.fired()).isOne();
        assertThat(pool.stats().retries()).isBetween(1L, 8L);
        await(pool, stats -> stats.live() == 4 && stats.lost() == 1);
        assertThat(pool.lifetime()).as("the others vouch for the server").isEqualTo(1);
    }

    @Test
    void fC02EveryConnectionIsCutOnceAndNothingIsLost() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
        var resets = new ArrayList<ActiveFault>();
        for (int connection = 1; connection <= 4; connection++) {
            resets.add(server.faults()
                    .add(Fault.on(Command.READ).onConnection(connection).nth(3).reset()));
        }
        readAll(pool.retrying(), 16);

        assertThat(resets).allMatch(reset -> reset.fired() == 1);
        assertThat(pool.stats().lost()).isEqualTo(4);
    }

    @Test
    void fC04AConnectionThatStallsIsReplacedAfterTheSilenceTimeout() throws Exception {
        NbdServer server = fixture.servePattern();
        var connect = fixture.options().connect().withSilenceTimeout(Duration.ofMillis(700));
        NbdPool pool = fixture.openComplete(server, fixture.options().withConnect(connect));
        ActiveFault stall = server.faults()
                .add(Fault.on(Command.READ).onConnection(2).after(2).stall());
        long began = System.nanoTime();

        readAll(pool.retrying(), 16);

        assertThat(stall.fired()).isPositive();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
        await(pool, stats -> stats.lost() >= 1 && stats.live() == 4);
    }

    @Test
    void fC07APauseShorterThanTheLimitCostsNothingButTime() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
        server.faults().add(Fault.on(Command.READ).first(64).delay(Duration.ofMillis(400)));

        readAll(pool, 64);

        assertThat(pool.stats()).matches(stats -> stats.lost() == 0 && stats.failures() == 0);
    }

    @Test
    void fP01AConnectionThatDiesIdleIsReplacedBeforeAnybodyNotices() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
        for (int round = 1; round <= 3; round++) {
            int lost = round;
            server.dropOldestConnection();
            await(pool, stats -> stats.lost() == lost && stats.live() == 4);
            readAll(pool, 4);
        }
        assertThat(pool.stats().failures()).isZero();
    }

    @Test
    void fP02EveryRequestOfADeadConnectionFailsOnceAndIsRetryable() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options().withConnections(1));
        server.faults().add(Fault.on(Command.READ).first(9).stall());
        ActiveFault drop = server.faults().add(Fault.on(Command.READ).nth(10).drop());
        var failures = new CopyOnWriteArrayList<IOException>();
        var tasks = new ArrayList<Task<Void>>();
        for (int call = 0; call < 10; call++) {
            tasks.add(start(() -> {
                try {
                    pool.read(0, bytes(512));
                } catch (IOException e) {
                    failures.add(e);
                }
                return null;
            }));
        }
        for (Task<Void> task : tasks) {
            task.result();
        }

        assertThat(drop.fired()).isOne();
        assertThat(failures).hasSize(10).allMatch(e -> e instanceof NbdDisconnectedException);
        assertThat(pool.stats().failures()).isEqualTo(10);
    }

    @Test
    void errorsOfTheServerAreRepeatedAsThePolicySays() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
        ActiveFault once = server.faults().add(Fault.on(Command.READ).nth(5).fail(ErrorCode.EIO));
        readAll(pool.retrying(), 4);
        assertThat(once.fired()).isOne();
        assertThat(pool.stats().retries()).isOne();

        server.faults().add(Fault.on(Command.READ).fail(ErrorCode.EPERM));
        assertThatThrownBy(() -> pool.retrying().read(0, bytes(512))).hasMessageContaining("EPERM");
        assertThat(pool.stats().retries()).isOne();
    }

    @Test
    void fP05ClosingSaysGoodbyeOnEveryConnection() throws Exception {
        NbdServer server = fixture.servePattern();
        NbdPool pool = fixture.openComplete(server, fixture.options());
        readAll(pool, 4);
        pool.close();

        assertThat(server.awaitNoConnections(Duration.ofSeconds(5))).isTrue();
        assertThat(server.requestLog().requests(Command.DISC)).hasSize(4);
        assertThatThrownBy(() -> pool.read(0, bytes(512))).hasMessageContaining("the pool is closed");
    }
}
