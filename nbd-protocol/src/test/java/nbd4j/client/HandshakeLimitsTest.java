// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.SENT_STRUCTURED;
import static nbd4j.client.Handshakes.connect;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.greeting;
import static nbd4j.handshake.Script.info;
import static nbd4j.handshake.Script.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import nbd4j.handshake.Hex;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.handshake.ScriptedTransport.End;
import nbd4j.model.Export;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for a handshake as a whole, wherever it stands. */
@Timeout(60)
final class HandshakeLimitsTest {
    private static final String TRANSCRIPT = Script.GREETING
            + Script.structured()
            + Script.baseAllocation()
            + info("beef 00*9000")
            + info("0003 00000200 00001000 02000000")
            + Script.going();
    private static final String EXTENDED = Script.GREETING + ack(11) + Script.baseAllocation() + Script.going();
    private static final String BY_NAME =
            greeting(1) + Script.simple() + refusal(7, Script.UNSUP) + "0000000000100000 0ded 00*124";

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 13, 20, 64, 1000})
    void gen06_anySegmentationGivesTheSame(int segment) throws IOException {
        byte[] transcript = Hex.bytes(TRANSCRIPT);
        var whole = new ScriptedTransport(transcript, Integer.MAX_VALUE, End.SILENCE, false);
        var pieces = new ScriptedTransport(transcript, segment, End.SILENCE, false);

        Export expected = connect(whole, "");
        Export export = connect(pieces, "");

        assertThat(export).isEqualTo(expected);
        assertThat(pieces.sent()).isEqualTo(whole.sent()).isEqualTo(SENT_STRUCTURED);
    }

    @ParameterizedTest
    @EnumSource(
            value = End.class,
            names = {"EOF", "RESET"})
    void gen07_m27_aTranscriptCutAtAnyByteIsADisconnection(End end) {
        for (String script : new String[] {TRANSCRIPT, EXTENDED, BY_NAME}) {
            byte[] transcript = Hex.bytes(script);
            for (int length = 0; length < transcript.length; length += length > 300 && length < 9000 ? 997 : 1) {
                var server = new ScriptedTransport(Arrays.copyOf(transcript, length), 1 << 20, end, false);

                assertThatThrownBy(() -> connect(server, ""))
                        .as("cut after %d bytes", length)
                        .isInstanceOf(NbdDisconnectedException.class)
                        .hasMessageContaining("server.example:10809");
                assertThat(server.isClosed()).isTrue();
                assertThat(server.sent()).doesNotContain(Script.ABORT);
            }
        }
    }

    @Test
    void gen09_namesThePhaseInWhichTheLimitIsReached() {
        byte[] transcript = Hex.bytes(TRANSCRIPT);
        var server = new ScriptedTransport(
                Arrays.copyOf(transcript, transcript.length - 1), Integer.MAX_VALUE, End.SILENCE, false);
        var options = ConnectOptions.defaults().withHandshakeTimeout(Duration.ofMillis(200));

        assertThatThrownBy(() -> connect(server, "", options))
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("200 ms")
                .hasMessageContaining("waiting for the reply to GO");
        assertThat(server.isClosed()).isTrue();
        assertThat(server.sent()).isEqualTo(SENT_STRUCTURED);
    }

    @Test
    void gen09_eachCallOfANegotiationHasItsOwnLimit() throws IOException {
        var server = new ScriptedTransport(
                Hex.bytes(Script.GREETING + ack(3) + ack(3)), Integer.MAX_VALUE, End.SILENCE, false);
        var options = ConnectOptions.defaults().withHandshakeTimeout(Duration.ofMillis(200));
        NbdNegotiation negotiation = NbdNegotiation.greet(server, options, Handshakes.NO_TLS, false, false);

        assertThat(negotiation.list()).isEmpty();
        assertThat(negotiation.list()).isEmpty();
        NbdTimeoutException timeout = catchThrowableOfType(NbdTimeoutException.class, negotiation::list);

        assertThat(timeout).hasMessageContaining("the reply to LIST");
        assertThatThrownBy(negotiation::list)
                .isInstanceOf(NbdTimeoutException.class)
                .hasCause(timeout);
    }

    @Test
    void gen08_opt30_abortsAndIgnoresTheAnswer() throws IOException {
        for (String answer : new String[] {"", ack(2), refusal(2, Script.UNSUP), "deadbeef"}) {
            for (End end : new End[] {End.EOF, End.RESET}) {
                var server = new ScriptedTransport(Hex.bytes(Script.GREETING + answer), 1 << 20, end, false);
                NbdNegotiation negotiation = greet(server);

                negotiation.abort();
                negotiation.close();

                assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.ABORT);
                assertThat(server.outputClosed()).isTrue();
                assertThat(server.isClosed()).isTrue();
                assertThatThrownBy(negotiation::list).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    @Test
    void opt30_gen09_doesNotWaitForTheAnswerToAbortForLong() throws IOException {
        var server = new ScriptedTransport(Hex.bytes(Script.GREETING), 1 << 20, End.SILENCE, false);
        var options = Handshakes.OPTIONS.withCloseTimeout(Duration.ofMillis(50));
        NbdNegotiation negotiation = NbdNegotiation.greet(server, options, Handshakes.NO_TLS, false, false);

        negotiation.close();

        assertThat(server.sent()).endsWith(Script.ABORT);
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void gen08_closingWhatWasHandedOverSendsNoAbort() throws IOException {
        var server = new ScriptedTransport(Hex.bytes(Script.GREETING + Script.going()), 1 << 20, End.SILENCE, false);
        NbdNegotiation negotiation = greet(server);
        NbdConnection connection = negotiation.go("");

        negotiation.close();

        assertThat(server.isClosed()).isFalse();
        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.GO);
        assertThatThrownBy(negotiation::list)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("handed over");
        connection.abort();
    }

    @Test
    void closingEndsACallInAnotherThread() throws Exception {
        var server = new ScriptedTransport(Hex.bytes(Script.GREETING), 1 << 20, End.SILENCE, false);
        NbdNegotiation negotiation = greet(server);
        var outcome = new CompletableFuture<Throwable>();
        Thread.ofVirtual().start(() -> {
            try {
                negotiation.list();
                outcome.complete(new AssertionError("listed"));
            } catch (IOException | RuntimeException e) {
                outcome.complete(e);
            }
        });
        server.awaitSilence();

        negotiation.close();

        assertThat(outcome.get(10, TimeUnit.SECONDS)).isInstanceOf(NbdDisconnectedException.class);
        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.LIST);
    }

    @Test
    void interruptingACallClosesTheSession() throws Exception {
        var server = new ScriptedTransport(Hex.bytes(Script.GREETING), 1 << 20, End.SILENCE, false);
        NbdNegotiation negotiation = greet(server);
        var outcome = new CompletableFuture<Throwable>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                negotiation.list();
                outcome.complete(new AssertionError("listed"));
            } catch (IOException | RuntimeException e) {
                outcome.complete(Thread.currentThread().isInterrupted() ? e : new AssertionError("flag lost", e));
            }
        });
        server.awaitSilence();

        caller.interrupt();

        assertThat(outcome.get(10, TimeUnit.SECONDS))
                .isInstanceOf(InterruptedIOException.class)
                .hasMessageContaining("the reply to LIST");
        assertThat(server.isClosed()).isTrue();
    }
}
