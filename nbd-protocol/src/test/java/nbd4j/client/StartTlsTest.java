// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.assertHard;
import static nbd4j.client.Handshakes.assertLocal;
import static nbd4j.client.Handshakes.assertSoft;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.refusal;
import static nbd4j.handshake.Script.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLException;
import nbd4j.handshake.Hex;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.handshake.ScriptedTransport.End;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.NbdTlsException;
import nbd4j.model.OptionError;
import nbd4j.model.ReplyStyle;
import nbd4j.transport.TlsUpgrade;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** STARTTLS as an option. What TLS itself must do is tested with TLS. */
final class StartTlsTest {
    private static final String AGREED = ack(5);
    private static final TlsUpgrade NEVER = (plain, readAhead) -> {
        throw new AssertionError("TLS was begun");
    };

    @Test
    void tls03_tls09_tls10_asksForTlsFirstAndForAllElseInside() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED);
        var inside = ScriptedTransport.secured(Script.structured(), Script.baseAllocation(), Script.going());

        Export export =
                greet(plain, (given, readAhead) -> inside, true).connect("").export();

        assertThat(export.tls()).isTrue();
        assertThat(export.replyStyle()).isEqualTo(ReplyStyle.STRUCTURED);
        assertThat(plain.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.STARTTLS);
        assertThat(inside.sent())
                .isEqualTo(Script.EXTENDED_HEADERS + Script.STRUCTURED_REPLY + Script.SET_META + Script.GO);
    }

    @Test
    void tls04_tls07_m21_leavesWhatFollowsTheAgreementToTls() throws IOException {
        for (String injected : List.of(ack(11), ack(11) + ack(7), "485454502f312e31", reply(11, 0x80000001L, ""))) {
            var plain = ScriptedTransport.of(Script.GREETING, AGREED, injected);
            TlsUpgrade upgrade = (given, readAhead) -> {
                var first = ByteBuffer.allocate(1024);
                given.read(first);
                assertThat(Hex.text(Arrays.copyOf(first.array(), first.position())))
                        .as("what TLS gets to see")
                        .isEqualTo(Hex.text(Hex.bytes(injected)));
                throw new SSLException("not a TLS record");
            };

            assertThatThrownBy(() -> greet(plain, upgrade, true)).isInstanceOf(NbdTlsException.class);
            assertThat(plain.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.STARTTLS);
            assertThat(plain.isClosed()).isTrue();
        }
    }

    @Test
    void tls07_m21d_aFailureOfTlsEndsTheNegotiation() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED, ack(3));
        NbdNegotiation negotiation = greet(
                plain,
                (given, readAhead) -> {
                    throw new SSLException("certificate of 'other.example'");
                },
                false);

        assertThatThrownBy(negotiation::startTls)
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("other.example");
        assertThat(plain.isClosed()).isTrue();
        assertThatThrownBy(negotiation::list)
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("other.example");
        negotiation.close();
        assertThat(plain.sent()).as("no word in the clear").isEqualTo(Script.CLIENT_FLAGS + Script.STARTTLS);
    }

    @Test
    void opt05_tls05_m20d_refusesAnAgreementWithData() {
        var plain = ScriptedTransport.of(Script.GREETING, reply(5, 1, "78"));

        assertHard(plain, Script.CLIENT_FLAGS + Script.STARTTLS, () -> greet(plain, NEVER, true));
    }

    @ParameterizedTest
    @ValueSource(longs = {0x80000001L, 0x80000002L, 0x80000003L, 0x80000004L, 0x80000005L, 0x8000beefL})
    void tls06_m20_leavesAServerThatRefusesTlsWhenItIsRequired(long error) {
        var plain = ScriptedTransport.of(Script.GREETING, reply(5, error, "6e6f"));

        assertThatThrownBy(() -> greet(plain, NEVER, true))
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("TLS is required")
                .hasCauseInstanceOf(NbdNegotiationException.class);
        assertThat(plain.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.STARTTLS + Script.ABORT);
        assertThat(plain.isClosed()).isTrue();
    }

    @Test
    void tls06_opt14_leavesAServerThatShutsDown() {
        var plain = ScriptedTransport.of(Script.GREETING, refusal(5, 0x80000007L));

        var refusal = assertSoft(plain, Script.CLIENT_FLAGS + Script.STARTTLS, () -> greet(plain, NEVER, true));

        assertThat(refusal.retryable()).isTrue();
    }

    @Test
    void tls06_goesOnInTheClearWhenTlsWasOnlyTried() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, refusal(5, Script.POLICY), ack(3));
        NbdNegotiation negotiation = greet(plain, NEVER, false);

        assertThatThrownBy(negotiation::startTls).isInstanceOf(NbdNegotiationException.class);
        assertThat(negotiation.tls()).isFalse();
        assertThat(negotiation.list()).isEmpty();
    }

    @Test
    void tls02_refusesASecondStartTls() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED);
        var inside = ScriptedTransport.secured("");
        NbdNegotiation negotiation = greet(plain, (given, readAhead) -> inside, true);

        assertLocal(inside, IllegalStateException.class, () -> {
            negotiation.startTls();
            return "";
        });
    }

    @Test
    void tls08_opt61_eh15_mc14_nothingFromBeforeTlsHoldsInside() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, ack(8), Script.baseAllocation(), ack(11), AGREED);
        var inside = ScriptedTransport.secured(refusal(8, Script.UNSUP), refusal(11, Script.UNSUP), Script.going());
        NbdNegotiation negotiation = greet(plain, (given, readAhead) -> inside, false);
        assertThat(negotiation.structuredReplies()).isTrue();
        assertThat(negotiation.setMetaContexts("", List.of(MetaContext.BASE_ALLOCATION)))
                .hasSize(1);
        assertThat(negotiation.extendedHeaders()).isTrue();

        negotiation.startTls();

        assertThat(negotiation.tls()).isTrue();
        assertThat(negotiation.structuredReplies()).isFalse();
        assertThat(negotiation.extendedHeaders()).isFalse();
        assertLocal(
                inside,
                IllegalStateException.class,
                () -> negotiation.setMetaContexts("", List.of(MetaContext.BASE_ALLOCATION)));
        Export export = negotiation.go("").export();
        assertThat(export.replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
        assertThat(export.contexts()).isEmpty();
        assertThat(export.flags().canDf()).isFalse();
        assertThat(inside.sent()).isEqualTo(Script.STRUCTURED_REPLY + Script.EXTENDED_HEADERS + Script.GO);
    }

    @Test
    void tls13_m22a_doesNotAskForTlsTwice() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED);
        var inside = ScriptedTransport.secured(Script.simple(), refusal(7, Script.TLS_REQD));
        NbdNegotiation negotiation = greet(plain, (given, readAhead) -> inside, true);

        var refusal = assertSoft(
                inside, Script.EXTENDED_HEADERS + Script.STRUCTURED_REPLY + Script.GO, () -> negotiation.connect(""));

        assertThat(refusal.error()).isEqualTo(OptionError.TLS_REQUIRED);
        assertThat(plain.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.STARTTLS);
        assertThat(plain.isClosed()).isTrue();
    }

    @Test
    void tls13_m22b_doesNotTakeItForARefusalOfTheFeature() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED);
        var inside = ScriptedTransport.secured(refusal(11, Script.TLS_REQD));
        NbdNegotiation negotiation = greet(plain, (given, readAhead) -> inside, true);

        assertSoft(inside, Script.EXTENDED_HEADERS, () -> negotiation.connect(""));
    }

    @Test
    void tls16_gen08_abortsInsideTlsAndClosesBoth() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED);
        var inside = ScriptedTransport.secured("");

        greet(plain, (given, readAhead) -> inside, true).close();

        assertThat(inside.sent()).isEqualTo(Script.ABORT);
        assertThat(inside.outputClosed()).as("close_notify").isTrue();
        assertThat(inside.isClosed()).isTrue();
        assertThat(plain.isClosed()).isTrue();
    }

    @Test
    void gen09_boundsTheTlsHandshake() {
        var plain = new ScriptedTransport(Hex.bytes(Script.GREETING + AGREED), Integer.MAX_VALUE, End.SILENCE, false);
        var options = ConnectOptions.defaults().withHandshakeTimeout(Duration.ofMillis(100));
        TlsUpgrade upgrade = (given, readAhead) -> {
            given.read(ByteBuffer.allocate(5));
            return given;
        };

        assertThatThrownBy(() -> NbdNegotiation.greet(plain, options, () -> upgrade, true, true))
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("the TLS handshake");
        assertThat(plain.isClosed()).isTrue();
    }

    @Test
    void tls07_endsWhenTheServerHangsUpInsideTls() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED);
        var inside = ScriptedTransport.secured("0003e889");
        NbdNegotiation negotiation = greet(plain, (given, readAhead) -> inside, true);

        assertThatThrownBy(() -> negotiation.connect("")).isInstanceOf(NbdDisconnectedException.class);
        assertThat(plain.isClosed()).isTrue();
        assertThat(inside.isClosed()).isTrue();
    }

    @Test
    void sendsNothingWhenTlsCannotBePrepared() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, ack(3));
        NbdNegotiation negotiation =
                NbdNegotiation.greet(plain, Handshakes.OPTIONS, TlsChoice.of(Handshakes.OPTIONS), false, false);

        assertThatThrownBy(negotiation::startTls)
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("tls-hostname");
        assertThat(plain.sent()).isEqualTo(Script.CLIENT_FLAGS);
        assertThat(negotiation.list()).isEmpty();
    }

    @Test
    void tls19_aRefusalInsideTlsIsAFailureOfTls() throws IOException {
        var plain = ScriptedTransport.of(Script.GREETING, AGREED);
        var inside = new ScriptedTransport(new byte[0], 1, End.ALERT, true);
        NbdNegotiation negotiation = greet(plain, (given, readAhead) -> inside, true);

        assertThatThrownBy(negotiation::list)
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("certificate required");
    }
}
