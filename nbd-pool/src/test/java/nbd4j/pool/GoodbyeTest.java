// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nbd4j.client.NbdClient;
import nbd4j.server.script.Dialect;
import nbd4j.server.script.ScriptedConnection;
import nbd4j.server.script.ScriptedServer;
import nbd4j.server.script.Transcript;
import nbd4j.uri.NbdUri;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * GEN-08: a pool takes its leave from every connection, also from those that are in the handshake when it is closed.
 * Asserts the bytes that the server got.
 */
@Timeout(60)
class GoodbyeTest {
    private static final int GO = 7;
    private static final String DISC = "25609513 0000 0002";
    private static final String NOTHING = "0000000000000000 00000000";

    private final List<PoolEvent> events = new CopyOnWriteArrayList<>();
    private final CountDownLatch inHandshake = new CountDownLatch(1);
    private final CountDownLatch closing = new CountDownLatch(1);

    private PoolOptions options() {
        return PoolOptions.defaults()
                .withConnections(2)
                .withCloseWait(Duration.ofSeconds(20))
                .withListener(events::add);
    }

    private static void serve(ScriptedConnection client) throws Exception {
        client.negotiate(Dialect.STRUCTURED);
        client.serveWell();
    }

    /** Asks the second client to wait until the pool is being closed. */
    private void hold() throws InterruptedException {
        inHandshake.countDown();
        assertThat(closing.await(20, TimeUnit.SECONDS)).isTrue();
    }

    /** Opens a pool for which time stands still, so that no dial is given up. */
    private NbdPool openPatiently(ScriptedServer server) throws IOException {
        NbdUri uri = NbdUri.parse(server.uri().toString());
        var surroundings = new Surroundings(
                uri.toString(),
                () -> new ClientConnection(NbdClient.connect(uri, options().connect())),
                new FakeTime(),
                Thread.ofVirtual().factory(),
                new Random(1),
                OpenFiles.ofThisProcess());
        return NbdPool.open(surroundings, options());
    }

    /** Waits for the second connection to be in the handshake, and closes. Returns how long that took. */
    private Duration closeInHandshake(NbdPool pool) throws Exception {
        assertThat(inHandshake.await(20, TimeUnit.SECONDS)).isTrue();
        long began = System.nanoTime();
        var closer = start(() -> {
            pool.close();
            return Duration.ofNanos(System.nanoTime() - began);
        });
        awaitTrue(() -> events, seen -> seen.contains(new PoolEvent.Closed()));
        closing.countDown();
        return closer.result();
    }

    private static void assertDisc(Transcript transcript) {
        assertThat(transcript.ending()).isEqualTo(Transcript.Ending.CLOSED);
        assertThat(transcript.received()).contains(DISC.replace(" ", "")).endsWith(NOTHING.replace(" ", ""));
    }

    @ParameterizedTest
    @CsvSource({"11, extended headers", "8, structured replies", "10, contexts", "7, GO"})
    void gen08_sendsDiscOverAConnectionThatWasInTheHandshake(int option, String name) throws Exception {
        try (var server = ScriptedServer.start(GoodbyeTest::serve, client -> {
            var seen = client.negotiateUntil(Dialect.STRUCTURED, option);
            hold();
            client.send(answer(option));
            if (seen.option() != GO) {
                client.answerUntil(Dialect.STRUCTURED, GO);
                client.send(Dialect.GO_GRANTED);
            }
            client.serveWell();
        })) {
            Duration took = closeInHandshake(openPatiently(server));

            assertDisc(server.await(1));
            assertDisc(server.await(2));
            assertThat(took).as("%s answered at once", name).isLessThan(Duration.ofSeconds(5));
        }
    }

    /** ERR_UNSUP, or what GO is granted with. */
    private static String answer(int option) {
        return option == GO ? Dialect.GO_GRANTED : "0003e889045565a9 %08x 80000001 00000000".formatted(option);
    }

    /** OPT-30. */
    @Test
    void gen08_sendsAbortWhereTheExportIsRefused() throws Exception {
        try (var server = ScriptedServer.start(GoodbyeTest::serve, client -> {
            client.negotiateUntil(Dialect.STRUCTURED, GO);
            hold();
            client.send("0003e889045565a9 00000007 80000002 00000000");
        })) {
            closeInHandshake(openPatiently(server));

            assertThat(server.await(2).endsWith("49484156454f5054 00000002 00000000"))
                    .isTrue();
        }
    }

    /** There is no leave to take from a server that has not said a word, and no point in waiting for it. */
    @Test
    void doesNotWaitForAServerThatDoesNotGreet() throws Exception {
        try (var server = ScriptedServer.start(GoodbyeTest::serve, client -> hold())) {
            Duration took = closeInHandshake(NbdPool.open(server.uri().toString(), options()));

            assertDisc(server.await(1));
            assertThat(server.await(2).received()).isEmpty();
            assertThat(took).isLessThan(Duration.ofSeconds(15));
        }
    }
}
