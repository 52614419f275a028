// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.SENT_SIMPLE;
import static nbd4j.client.Handshakes.assertHard;
import static nbd4j.client.Handshakes.assertLocal;
import static nbd4j.client.Handshakes.assertSoftConnect;
import static nbd4j.client.Handshakes.connect;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.greeting;
import static nbd4j.handshake.Script.option;
import static nbd4j.handshake.Script.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import nbd4j.handshake.Hex;
import nbd4j.handshake.Negotiator;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.handshake.ScriptedTransport.End;
import nbd4j.model.Export;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.OptionError;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ExportNameTest {
    private static final String ANSWER = "0000000000100000 0ded ";
    private static final String NO_GO = refusal(7, Script.UNSUP);

    @ParameterizedTest
    @CsvSource({"0,134", "1,134", "2,10", "3,10"})
    void hs12_readsTheZeroesUnlessBothSidesWaivedThem(int flags, int bytes) throws IOException {
        var server = ScriptedTransport.of(greeting(flags), ANSWER, "00*124", "00*10");

        var negotiator = new Negotiator(server, Duration.ofSeconds(1), true);

        negotiator.greet(false, true);
        negotiator.exportName("disk");

        assertThat(server.sent())
                .isEqualTo("%08x".formatted(flags) + "49484156454f5054" + "00000001" + "00000004" + "6469736b");
        assertThat(server.unread()).isEqualTo(144 - bytes);
    }

    @Test
    void hs14_opt10_opt20_opt21_asksByNameWhereGoIsNotKnown() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, Script.simple(), NO_GO, ANSWER);

        Export export = connect(server, "");

        assertThat(export.size()).isEqualTo(0x100000);
        assertThat(export.replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
        assertThat(server.sent()).isEqualTo(SENT_SIMPLE + option(1, ""));
        assertThat(server.unread()).isZero();
    }

    @Test
    void opt21_keepsStructuredRepliesAndContextsAcrossTheFallback() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, Script.structured(), Script.baseAllocation(), NO_GO, ANSWER);

        Export export = connect(server, "");

        assertThat(export.replyStyle()).isEqualTo(ReplyStyle.STRUCTURED);
        assertThat(export.hasContext("base:allocation")).isTrue();
        assertThat(server.sent()).isEqualTo(Handshakes.SENT_STRUCTURED + option(1, ""));
    }

    @Test
    void opt22_eh03_m14_neverAsksByNameAfterExtendedHeaders() {
        var refusal = assertSoftConnect(
                Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS + Script.SET_META + Script.GO,
                ack(11),
                Script.baseAllocation(),
                NO_GO);

        assertThat(refusal.error()).isEqualTo(OptionError.UNSUPPORTED);
    }

    @Test
    void opt22_eh03_refusesTheCallAfterExtendedHeaders() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(11));
        NbdNegotiation negotiation = greet(server);
        negotiation.extendedHeaders();

        assertLocal(server, IllegalStateException.class, () -> negotiation.exportName(""));
    }

    @Test
    void hs13_m15a_endsAtZeroesThatWereWaived() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ANSWER, "00*124");

        NbdConnection connection = greet(server).exportName("");

        assertThatThrownBy(() -> connection.read(0, ByteBuffer.allocate(512)))
                .isInstanceOf(NbdProtocolException.class)
                .hasMessageContaining("00000000");
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void m15b_gen09_givesUpOnZeroesThatNeverCome() {
        var server = new ScriptedTransport(
                Hex.bytes(greeting(1) + Script.simple() + NO_GO + ANSWER), Integer.MAX_VALUE, End.SILENCE, false);

        assertThatThrownBy(() ->
                        connect(server, "", ConnectOptions.defaults().withHandshakeTimeout(Duration.ofMillis(100))))
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("the answer to EXPORT_NAME");
        assertThat(server.isClosed()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = End.class,
            names = {"EOF", "RESET"})
    void opt20_m15c_takesAHangUpForARefusal(End end) {
        byte[] whole = Hex.bytes(Script.GREETING + Script.simple() + NO_GO + ANSWER);
        for (int missing = 1; missing <= 10; missing++) {
            var server =
                    new ScriptedTransport(Arrays.copyOf(whole, whole.length - missing), Integer.MAX_VALUE, end, false);

            assertThatThrownBy(() -> connect(server, "disk"))
                    .isInstanceOf(NbdDisconnectedException.class)
                    .hasMessageContaining("'disk'")
                    .hasMessageContaining("export refused");
            assertThat(server.sent()).endsWith(option(1, Hex.utf8("disk")));
            assertThat(server.isClosed()).isTrue();
        }
    }

    @Test
    void inf12_refusesFlagsWithoutHasFlags() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, "0000000000100000 0002");
        NbdNegotiation negotiation = greet(server);

        assertHard(server, Script.CLIENT_FLAGS + option(1, ""), () -> negotiation.exportName(""));
    }

    @Test
    void gen01_refusesASizeThatNeedsAllBits() {
        var server = ScriptedTransport.of(Script.GREETING, "8000000000000000 0001");

        assertThatThrownBy(() -> greet(server).exportName("")).isInstanceOf(NbdNegotiationException.class);
        assertThat(server.sent())
                .isEqualTo(Script.CLIENT_FLAGS + option(1, "") + "25609513" + "0000" + "0002" + "00".repeat(20));
        assertThat(server.isClosed()).isTrue();
    }
}
