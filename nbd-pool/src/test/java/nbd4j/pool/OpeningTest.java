// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import nbd4j.model.BlockSizes;
import nbd4j.model.Export;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.TransmissionFlags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OpeningTest {
    private final PoolFixture fixture = new PoolFixture();
    private final FakeServer server = fixture.server;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void makesAsManyConnectionsAsWishedForWhereTheServerCanMultiConn() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(3));

        assertThat(pool.stats().wished()).isEqualTo(3);
        assertThat(server.dials).hasValue(3);
    }

    @Test
    void ord04_makesOneConnectionWithoutCanMultiConn() throws Exception {
        server.export = FakeServer.export(FakeServer.SIZE, TransmissionFlags.HAS_FLAGS);

        NbdPool pool = fixture.open(fixture.options().withConnections(8));
        for (int tick = 0; tick < 50; tick++) {
            fixture.time.advance(Duration.ofSeconds(1));
        }
        pool.read(0, bytes(512));

        assertThat(pool.stats().wished()).isOne();
        assertThat(server.dials).hasValue(1);
    }

    @Test
    void isOfUseBeforeTheFurtherConnectionsAreThere() throws Exception {
        var gate = new CountDownLatch(1);
        server.onDial = attempt -> {
            if (attempt > 1) {
                gate.await(20, TimeUnit.SECONDS);
            }
        };

        NbdPool pool = fixture.open(fixture.options().withConnections(4));
        pool.read(0, bytes(512));

        PoolFixture.await(pool, stats -> stats.dialling() == 3 && stats.live() == 1);
        gate.countDown();
        assertThat(PoolFixture.await(pool, stats -> stats.live() == 4).dials()).isEqualTo(4);
    }

    @Test
    void failsAtOnceWhereThereIsNoServerAndNoWaitWasAskedFor() {
        server.kill();

        assertThatThrownBy(() -> fixture.open(fixture.options())).isInstanceOf(ConnectException.class);
        assertThat(server.dials).hasValue(1);
    }

    @Test
    void waitsForAServerThatIsNotThereYet() throws Exception {
        server.kill();
        var pool = start(() -> fixture.open(fixture.options().withConnectWait(Duration.ofSeconds(30))));
        for (int dials = 1; dials <= 5; dials++) {
            int wanted = dials;
            awaitTrue(server.dials::get, count -> passTime(count >= wanted));
        }
        server.restart();

        awaitTrue(pool.task()::isDone, done -> passTime(done));
        assertThat(pool.result().export().size()).isEqualTo(FakeServer.SIZE);
    }

    private boolean passTime(boolean reached) {
        if (!reached) {
            fixture.time.advance(Duration.ofMillis(50));
        }
        return reached;
    }

    @Test
    void givesUpWaitingForAServerAfterTheConnectWait() {
        server.kill();
        var pool = start(() -> fixture.open(fixture.options().withConnectWait(Duration.ofSeconds(2))));
        awaitTrue(pool.task()::isDone, this::passTime);

        assertThatThrownBy(pool::result)
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("nbd://fake: no connection within PT2S")
                .hasMessageContaining("Connection refused");
        assertThat(server.dials.get()).isBetween(4, 12);
    }

    @Test
    void doesNotWaitForAServerThatRefuses() {
        server.onDial = attempt -> {
            throw new NbdNegotiationException("no export of this name", 0x8000_0006L);
        };

        assertThatThrownBy(() -> fixture.open(fixture.options().withConnectWait(Duration.ofSeconds(30))))
                .isInstanceOf(NbdNegotiationException.class);
        assertThat(server.dials).hasValue(1);
    }

    /** F-P03, F-C14, F-C20: whatever keeps further connections from being made, those that are there are used. */
    @Test
    void goesOnWithFewerConnectionsAndSaysSoOnce() throws Exception {
        server.onDial = attempt -> {
            if (attempt > 2) {
                throw new IOException("Too many open files");
            }
        };
        NbdPool pool = fixture.open(fixture.options().withConnections(4));
        awaitTrue(pool::stats, stats -> passTime(stats.live() == 2 && stats.dialFailures() > 4));

        pool.read(0, bytes(512));
        assertThat(pool.stats().failures()).isZero();
        awaitTrue(
                () -> fixture.events, events -> events.stream().anyMatch(event -> event instanceof PoolEvent.Degraded));
        assertThat(fixture.events)
                .filteredOn(event -> event instanceof PoolEvent.Degraded)
                .hasSize(1);
    }

    /** ORD-05: what makes a twin another export, and how that is said. */
    static Stream<Arguments> twins() {
        Export first = FakeServer.export(FakeServer.SIZE, FakeServer.FLAGS);
        return Stream.of(
                Arguments.of(
                        FakeServer.export(FakeServer.SIZE / 2, FakeServer.FLAGS), "size 524288 instead of 1048576"),
                Arguments.of(
                        FakeServer.export(FakeServer.SIZE, FakeServer.FLAGS | TransmissionFlags.READ_ONLY),
                        "transmission flags 0x0107 instead of 0x0105"),
                Arguments.of(
                        FakeServer.export(FakeServer.SIZE, FakeServer.FLAGS, "base:allocation"),
                        "metadata contexts [base:allocation] instead of []"),
                Arguments.of(
                        twin(first, new BlockSizes(512, 4096, 65_536), false),
                        "block sizes BlockSizes[minimum=512, preferred=4096, maximumPayload=65536] instead of %s"
                                .formatted(first.blockSizes())),
                Arguments.of(twin(first, first.blockSizes(), true), "encrypted true instead of false"));
    }

    private static Export twin(Export first, BlockSizes blockSizes, boolean tls) {
        return new Export(
                first.info(),
                first.flags(),
                blockSizes,
                first.contexts(),
                first.replyStyle(),
                first.handshakeStyle(),
                tls);
    }

    @ParameterizedTest
    @MethodSource("twins")
    void ord05_refusesAFurtherConnectionToAnotherExportAndGoesOn(Export twin, String difference) throws Exception {
        server.onDial = attempt -> {
            if (attempt > 1) {
                server.export = twin;
            }
        };
        NbdPool pool = fixture.open(fixture.options().withConnections(2));

        assertThat(PoolFixture.await(pool, stats -> stats.refused() == 1).live())
                .isOne();
        pool.read(0, bytes(512));
        awaitTrue(() -> fixture.events, events -> events.contains(new PoolEvent.Refused(1, difference)));
        awaitTrue(server.connections::getLast, refused -> refused.closed.get() == 1);
        assertThat(server.connections.getLast().commands).isEmpty();
    }

    /** Their numbers belong to a connection, and servers may give others each time. */
    @Test
    void takesATwinWhoseContextsHaveOtherNumbers() throws Exception {
        server.export = FakeServer.export(FakeServer.SIZE, FakeServer.FLAGS, "base:allocation", "qemu:dirty-bitmap:b");
        server.onDial = attempt -> {
            if (attempt > 1) {
                server.export =
                        FakeServer.export(FakeServer.SIZE, FakeServer.FLAGS, "qemu:dirty-bitmap:b", "base:allocation");
            }
        };

        assertThat(fixture.openComplete(fixture.options().withConnections(2))
                        .stats()
                        .refused())
                .isZero();
    }
}
