// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.assertHard;
import static nbd4j.client.Handshakes.assertLocal;
import static nbd4j.client.Handshakes.connect;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.greeting;
import static nbd4j.handshake.Script.oldstyle;
import static nbd4j.handshake.Script.option;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import nbd4j.handshake.Hex;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.handshake.ScriptedTransport.End;
import nbd4j.model.Export;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.NbdTlsException;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GreetingTest {
    private static final String SIZE = "0000000000100000";
    private static final String EXPORT = SIZE + " 0ded ";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4e42444d41474958 49484156454f5054 0003",
                "4e42444d41474943 ffffffffffffffff 0003",
                "4e42444d41474943 49484156454f5055 0003"
            })
    void hs01_hs02_m01ab_closesWithoutAByteWhenTheMagicsAreWrong(String script) {
        var server = ScriptedTransport.of(script);

        assertThat(assertHard(server, "", () -> connect(server, "")))
                .hasMessageContaining("server.example:10809")
                .hasMessageContaining("expected");
    }

    @Test
    void m01cd_gen07_closesWithoutAByteWhenTheGreetingIsCutOff() {
        byte[] whole = Hex.bytes(Script.GREETING);
        for (int length = 0; length < whole.length; length++) {
            var server = new ScriptedTransport(Arrays.copyOf(whole, length), Integer.MAX_VALUE, End.EOF, false);

            assertThatThrownBy(() -> connect(server, ""))
                    .isInstanceOf(NbdDisconnectedException.class)
                    .hasMessageContaining("the greeting");
            assertThat(server.sent()).isEmpty();
            assertThat(server.isClosed()).isTrue();
        }
    }

    @Test
    void m01e_gen09_givesUpOnAServerThatFallsSilent() {
        var server = new ScriptedTransport(Hex.bytes("4e42444d41474943"), Integer.MAX_VALUE, End.SILENCE, false);
        var options = ConnectOptions.defaults().withHandshakeTimeout(Duration.ofMillis(50));

        assertThatThrownBy(() -> connect(server, "", options))
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("server.example:10809")
                .hasMessageContaining("50 ms")
                .hasMessageContaining("the greeting");
        assertThat(server.sent()).isEmpty();
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void hs03_sendsNothingBeforeTheWholeGreetingIsRead() throws IOException {
        var server =
                new ScriptedTransport(Hex.bytes(Script.GREETING + Script.simple() + Script.going()), 1, End.EOF, false);

        connect(server, "");

        assertThat(server.readBeforeWrite().getFirst()).isEqualTo(18);
    }

    @Test
    void hs04_m02a_talksToAnOldstyleServer() throws IOException {
        var server = ScriptedTransport.of(oldstyle(SIZE, "00000001"));

        NbdNegotiation negotiation = greet(server);
        assertThat(negotiation.handshakeStyle()).isEqualTo(HandshakeStyle.OLDSTYLE);
        Export export = negotiation.exportName("").export();

        assertThat(export.size()).isEqualTo(0x100000);
        assertThat(export.flags().bits()).isEqualTo(1);
        assertThat(export.handshakeStyle()).isEqualTo(HandshakeStyle.OLDSTYLE);
        assertThat(export.replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
        assertThat(server.sent()).isEmpty();
        assertThat(server.unread()).isZero();
    }

    @Test
    void hs04_connectsToAnOldstyleServerWithoutAnOption() throws IOException {
        var server = ScriptedTransport.of(oldstyle(SIZE, "00000003"));

        assertThat(connect(server, "").flags().readOnly()).isTrue();
        assertThat(server.sent()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"00010001", "00000000", "00000002", "80000001"})
    void hs04_m02bc_inf12_refusesOldstyleFlagsThatCannotBe(String flags) {
        var server = ScriptedTransport.of(oldstyle(SIZE, flags));

        assertThat(assertHard(server, "", () -> connect(server, ""))).hasMessageContaining("flags 0x");
    }

    @Test
    void gen01_refusesAnOldstyleExportTooLargeForALong() {
        var server = ScriptedTransport.of(oldstyle("8000000000000000", "00000001"));

        assertThatThrownBy(() -> connect(server, ""))
                .isInstanceOf(NbdNegotiationException.class)
                .hasMessageContaining("9223372036854775808 bytes");
        assertThat(server.sent()).isEqualTo("25609513" + "0000" + "0002" + "00".repeat(20));
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void hs05_refusesToAskAnOldstyleServerForAName() {
        var server = ScriptedTransport.of(oldstyle(SIZE, "00000001"));

        assertThatThrownBy(() -> connect(server, "foo"))
                .isInstanceOf(NbdNegotiationException.class)
                .hasMessageContaining("'foo'")
                .hasMessageContaining("OLDSTYLE");
        assertThat(server.sent()).isEmpty();
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void hs06_readsReservedBytesWithoutLookingAtThem() throws IOException {
        var server = ScriptedTransport.of("4e42444d41474943 0000420281861253 " + SIZE + " 00000001 ff*124 67");

        greet(server);

        assertThat(server.unread()).as("the next reply").isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 0x8000})
    void hs07_tls18_m03c_tls01_leavesAServerWithoutOptionsWhenTlsIsRequired(int flags) {
        var server = ScriptedTransport.of(greeting(flags));

        assertThatThrownBy(() -> greet(server, (plain, readAhead) -> plain, true))
                .isInstanceOf(NbdTlsException.class)
                .hasMessageContaining("NEWSTYLE");
        assertThat(server.sent()).isEmpty();
        assertThat(server.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000001", "00000000", "00010001"})
    void hs07_tls18_m02_leavesAnOldstyleServerWhenTlsIsRequired(String flags) {
        var server = ScriptedTransport.of(oldstyle(SIZE, flags));

        assertThatThrownBy(() -> greet(server, (plain, readAhead) -> plain, true))
                .isInstanceOf(NbdException.class);
        assertThat(server.sent()).isEmpty();
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void hs08_m04_ignoresUnknownHandshakeFlags() throws IOException {
        var server = ScriptedTransport.of(greeting(0x8003), Script.simple(), Script.going());

        connect(server, "");

        assertThat(server.sent()).startsWith("00000003" + Script.EXTENDED_HEADERS);
    }

    @ParameterizedTest
    @CsvSource({"0,00000000", "1,00000001", "2,00000002", "3,00000003", "65532,00000000"})
    void hs09_hs10_answersWithTheFlagsOfferedInFourBytes(int flags, String clientFlags) throws IOException {
        var server = ScriptedTransport.of(greeting(flags));

        greet(server);

        assertThat(server.sent()).isEqualTo(clientFlags);
    }

    @Test
    void hs10_m03a_namesTheExportToANonFixedServer() throws IOException {
        var server = ScriptedTransport.of(greeting(0), EXPORT + "00*124");

        Export export = connect(server, "disk");

        assertThat(export.size()).isEqualTo(0x100000);
        assertThat(export.flags().bits()).as("DF needs structured replies").isEqualTo(0x0d6d);
        assertThat(export.handshakeStyle()).isEqualTo(HandshakeStyle.NEWSTYLE);
        assertThat(server.sent()).isEqualTo("00000000" + option(1, Hex.utf8("disk")));
        assertThat(server.unread()).isZero();
    }

    @Test
    void hs10_m03b_namesTheExportToANonFixedServerWithoutZeroes() throws IOException {
        var server = ScriptedTransport.of(greeting(2), EXPORT);

        assertThat(connect(server, "").size()).isEqualTo(0x100000);
        assertThat(server.sent()).isEqualTo("00000002" + option(1, ""));
        assertThat(server.unread()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void hs11_m03_tls01_sendsNoOtherOptionToANonFixedServer(int flags) throws IOException {
        var server = ScriptedTransport.of(greeting(flags));
        NbdNegotiation negotiation = greet(server, (plain, readAhead) -> plain, false);

        assertThat(negotiation.handshakeStyle()).isEqualTo(HandshakeStyle.NEWSTYLE);
        assertLocal(server, IllegalStateException.class, negotiation::list);
        assertLocal(server, IllegalStateException.class, () -> negotiation.info(""));
        assertLocal(server, IllegalStateException.class, () -> negotiation.go(""));
        assertLocal(server, IllegalStateException.class, negotiation::structuredReplies);
        assertLocal(server, IllegalStateException.class, negotiation::extendedHeaders);
        assertLocal(server, IllegalStateException.class, () -> negotiation.listMetaContexts("", List.of()));
        assertLocal(server, IllegalStateException.class, () -> negotiation.setMetaContexts("", List.of()));
        assertLocal(server, IllegalStateException.class, () -> {
            negotiation.startTls();
            return "";
        });

        negotiation.abort();

        assertThat(server.sent()).as("ABORT is not available either").isEqualTo("%08x".formatted(flags));
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void hs04_leavesOldServersWhenTheOptionsSaySo() {
        for (String script : List.of(greeting(0), greeting(2), oldstyle(SIZE, "00000001"))) {
            var server = ScriptedTransport.of(script);

            assertThatThrownBy(() -> connect(server, "", Handshakes.OPTIONS.withOldServers(false)))
                    .isInstanceOf(NbdNegotiationException.class)
                    .hasMessageContaining("FIXED_NEWSTYLE");
            assertThat(server.sent()).isEmpty();
            assertThat(server.isClosed()).isTrue();
        }
    }
}
