// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.SENT_SIMPLE;
import static nbd4j.client.Handshakes.assertHard;
import static nbd4j.client.Handshakes.assertHardConnect;
import static nbd4j.client.Handshakes.assertLocal;
import static nbd4j.client.Handshakes.assertSoft;
import static nbd4j.client.Handshakes.assertSoftConnect;
import static nbd4j.client.Handshakes.connect;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.option;
import static nbd4j.handshake.Script.refusal;
import static nbd4j.handshake.Script.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import nbd4j.handshake.Hex;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.handshake.ScriptedTransport.End;
import nbd4j.model.ExportListing;
import nbd4j.model.InformationType;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.OptionError;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OptionFramingTest {
    private static final String SENT_FIRST = Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS;

    @Test
    void opt01_opt19_gen02_sendsTheBytesOfTheSpecification() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                ack(3),
                reply(6, 3, "0000 0000000000100000 0ded") + ack(6),
                ack(8),
                ack(9),
                ack(10),
                Script.going());
        NbdNegotiation negotiation = greet(server);

        negotiation.list();
        negotiation.info("", Set.of(InformationType.BLOCK_SIZE));
        negotiation.structuredReplies();
        negotiation.listMetaContexts("disk", List.of());
        negotiation.setMetaContexts("", List.of("base:allocation"));
        negotiation.go("");

        assertThat(server.sent())
                .isEqualTo("00000003"
                        + "49484156454f5054" + "00000003" + "00000000"
                        + "49484156454f5054" + "00000006" + "00000008" + "00000000" + "0001" + "0003"
                        + "49484156454f5054" + "00000008" + "00000000"
                        + "49484156454f5054" + "00000009" + "0000000c" + "00000004" + "6469736b" + "00000000"
                        + "49484156454f5054" + "0000000a" + "0000001b" + "00000000" + "00000001" + "0000000f"
                        + "626173653a616c6c6f636174696f6e"
                        + "49484156454f5054" + "00000007" + "00000008" + "00000000" + "0001" + "0003");
    }

    @Test
    void opt02_sendsNoOptionBeforeTheFinalReplyToTheOneBefore() throws IOException {
        String greeting = Script.GREETING;
        String first = refusal(11, Script.UNSUP);
        String second = ack(8);
        String third = Script.baseAllocation();
        var server = ScriptedTransport.of(greeting, first, second, third, Script.going());

        connect(server, "");

        int greeted = Hex.bytes(greeting).length;
        int afterFirst = greeted + Hex.bytes(first).length;
        int afterSecond = afterFirst + Hex.bytes(second).length;
        int afterThird = afterSecond + Hex.bytes(third).length;
        assertThat(server.readBeforeWrite()).containsExactly(greeted, greeted, afterFirst, afterSecond, afterThird);
        assertThat(server.unread()).isZero();
    }

    @Test
    void opt03_m05a_refusesAReplyWithTheWrongMagic() {
        assertThat(assertHardConnect(SENT_FIRST, "0003e889045565a8 0000000b 80000001 00000000"))
                .hasMessageContaining("0x0003e889045565a8")
                .hasMessageContaining("EXTENDED_HEADERS");
    }

    @Test
    void opt04_m05b_refusesAReplyToAnotherOption() {
        assertThat(assertHardConnect(SENT_FIRST, refusal(12, Script.UNSUP)))
                .hasMessageContaining("option 12, expected 11");
    }

    @Test
    void opt05_m05c_refusesAnAcknowledgementWithData() {
        assertHardConnect(SENT_FIRST + Script.STRUCTURED_REPLY, refusal(11, Script.UNSUP), reply(8, 1, "61626364"));
    }

    @Test
    void m05d_gen07_endsWhenAReplyIsCutOff() {
        byte[] whole = Hex.bytes(Script.GREETING + refusal(11, Script.UNSUP));
        for (int length = 18; length < whole.length; length++) {
            var server = new ScriptedTransport(Arrays.copyOf(whole, length), Integer.MAX_VALUE, End.EOF, false);

            assertThatThrownBy(() -> connect(server, ""))
                    .isInstanceOf(NbdDisconnectedException.class)
                    .hasMessageContaining("the reply to EXTENDED_HEADERS");
            assertThat(server.sent()).isEqualTo(SENT_FIRST);
            assertThat(server.isClosed()).isTrue();
        }
    }

    @Test
    void opt09_m06a_refusesAnErrorThatClaimsFourGigabytes() {
        assertHardConnect(SENT_FIRST, "0003e889045565a9 0000000b 80000001 ffffffff");
    }

    @ParameterizedTest
    @ValueSource(strings = {"7fffffff", "80000000 beef", "ffffffff", "00100001", "00010001 0001 00*65535"})
    void opt09_m06bc_refusesInformationOfAbsurdLength(String rest) {
        assertHardConnect(SENT_SIMPLE, Script.simple(), "0003e889045565a9 00000007 00000003 " + rest);
    }

    @Test
    void opt07_gen04_m07a_showsNoControlCharactersOfAnErrorText() {
        var refusal = assertSoftConnect(
                SENT_SIMPLE, Script.simple(), reply(7, 0x8000beefL, "6261641b5b33316d0a7468696e6700"));

        assertThat(refusal.error()).isEqualTo(OptionError.OTHER);
        assertThat(refusal.errorValue()).isEqualTo(0x8000beefL);
        assertThat(refusal).hasMessageContaining("bad\\x1b[31m\\x0athing\\x00");
        assertThat(refusal).message().doesNotContainPattern("[\\x00-\\x1f]");
    }

    @Test
    void opt08_gen03_m07b_refusesAnErrorTextOfMoreThan4096Bytes() {
        assertHardConnect(SENT_SIMPLE, Script.simple(), reply(7, Script.POLICY, "78*5000"));
        assertHardConnect(SENT_SIMPLE, Script.simple(), reply(7, Script.POLICY, "78*4097"));
    }

    @Test
    void opt08_takesAnErrorTextOf4096Bytes() {
        assertThat(assertSoftConnect(SENT_SIMPLE, Script.simple(), reply(7, Script.POLICY, "78*4096"))
                        .error())
                .isEqualTo(OptionError.POLICY);
    }

    @Test
    void opt13_m07c_tellsThatThereIsNoSuchExport() {
        var refusal = assertSoftConnect(SENT_SIMPLE, Script.simple(), reply(7, Script.UNKNOWN, Hex.utf8("no such")));

        assertThat(refusal.error()).isEqualTo(OptionError.UNKNOWN);
        assertThat(refusal.retryable()).isFalse();
        assertThat(refusal)
                .hasMessageContaining("server.example:10809")
                .hasMessageContaining("no such")
                .hasMessageContaining("not found");
    }

    @Test
    void opt06_m08_refusesASuccessOfTheWrongKind() throws IOException {
        String notExtended = refusal(11, Script.UNSUP);
        assertHardConnect(SENT_FIRST + Script.STRUCTURED_REPLY, notExtended, reply(8, 3, "0000"));
        assertHardConnect(SENT_SIMPLE, Script.simple(), reply(7, 0x55, ""));
        assertHardConnect(SENT_SIMPLE, Script.simple(), reply(7, 2, "0000000161"));
        assertHardConnect(SENT_SIMPLE, Script.simple(), reply(7, 0, ""));
        var server = ScriptedTransport.of(Script.GREETING, reply(3, 4, "00000001783a79"));
        NbdNegotiation negotiation = greet(server);
        assertHard(server, Script.CLIENT_FLAGS + Script.LIST, negotiation::list);
    }

    @Test
    void opt07_opt10_opt11_opt60_eh01_goesOnWithoutAFeatureThatIsRefused() throws IOException {
        for (long error : new long[] {
            0x80000001L,
            0x80000002L,
            0x80000003L,
            0x80000004L,
            0x80000006L,
            0x80000008L,
            0x80000009L,
            0x8000000aL,
            0x8000beefL,
            0xffffffffL
        }) {
            var server = ScriptedTransport.of(
                    Script.GREETING, reply(11, error, "6e6f"), reply(8, error, "6e6f"), Script.going());

            assertThat(connect(server, "").replyStyle()).isEqualTo(ReplyStyle.SIMPLE);
            assertThat(server.sent()).isEqualTo(SENT_SIMPLE);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0x80000002L, 0x80000003L, 0x80000004L, 0x80000006L, 0x8000beefL})
    void opt11_opt21_neverFallsBackToExportNameOnAClearRefusal(long error) {
        assertThat(assertSoftConnect(SENT_SIMPLE, Script.simple(), refusal(7, error))
                        .errorValue())
                .isEqualTo(error);
    }

    @Test
    void opt14_m16a_leavesAServerThatShutsDown() {
        var refusal = assertSoftConnect(SENT_SIMPLE, Script.simple(), reply(7, 0x80000007L, "627965"));

        assertThat(refusal.error()).isEqualTo(OptionError.SHUTDOWN);
        assertThat(refusal.retryable()).isTrue();
        assertThat(refusal).hasMessageContaining("bye");
    }

    @Test
    void opt14_m16b_leavesAServerThatShutsDownAtAnOptionalOption() {
        assertSoftConnect(SENT_FIRST, refusal(11, 0x80000007L));
        assertSoftConnect(SENT_FIRST + Script.STRUCTURED_REPLY, refusal(11, Script.UNSUP), refusal(8, 0x80000007L));
        assertSoftConnect(
                SENT_FIRST + Script.STRUCTURED_REPLY + Script.SET_META, Script.structured(), refusal(10, 0x80000007L));
    }

    @Test
    void opt14_aNegotiationEndsWhenTheServerShutsDown() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, refusal(3, 0x80000007L));
        NbdNegotiation negotiation = greet(server);

        assertSoft(server, Script.CLIENT_FLAGS + Script.LIST, negotiation::list);
        assertThatThrownBy(negotiation::list)
                .isInstanceOf(NbdDisconnectedException.class)
                .hasMessageContaining("SHUTDOWN");
        negotiation.close();
        assertThat(server.sent()).endsWith(Script.LIST + Script.ABORT);
    }

    @Test
    void opt12_tls12_m16c_hintsAtTlsWhenAnExportNeedsIt() {
        assertThat(assertSoftConnect(SENT_SIMPLE, Script.simple(), refusal(7, Script.TLS_REQD)))
                .hasMessageContaining("needs TLS or does not exist")
                .hasMessageContaining("nbds://");
    }

    @Test
    void opt15_m16d_doesNotLoopWhenBlockSizesAreDemandedThoughTheyWereAskedFor() {
        assertThat(assertSoftConnect(SENT_SIMPLE, Script.simple(), refusal(7, 0x80000008L))
                        .error())
                .isEqualTo(OptionError.BLOCK_SIZE_REQUIRED);
    }

    @Test
    void opt15_asksInfoAgainWithBlockSizesWhenTheyAreDemanded() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING, refusal(6, 0x80000008L), reply(6, 3, "0000 0000000000100000 0ded"), ack(6));

        assertThat(greet(server).info("", EnumSet.noneOf(InformationType.class)).size())
                .isEqualTo(0x100000);
        assertThat(server.sent())
                .isEqualTo(Script.CLIENT_FLAGS + option(6, "00000000 0000") + option(6, "00000000 0001 0003"));
    }

    @Test
    void opt15_leavesWhenInfoDemandsBlockSizesThatWereAskedFor() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, refusal(6, 0x80000008L));
        NbdNegotiation negotiation = greet(server);

        assertSoft(server, Script.CLIENT_FLAGS + option(6, "00000000 0003 0001 0002 0003"), () -> negotiation.info(""));
    }

    @Test
    void opt12_tls11_m16e_leavesAServerThatRequiresTls() {
        assertThat(assertSoftConnect(SENT_FIRST, refusal(11, Script.TLS_REQD)))
                .hasMessageContaining("server requires TLS")
                .hasMessageContaining("nbds://");
        var server = ScriptedTransport.of(Script.GREETING, refusal(8, Script.TLS_REQD));
        assertSoft(
                server,
                Script.CLIENT_FLAGS + Script.STRUCTURED_REPLY,
                () -> connect(server, "", Handshakes.OPTIONS.withExtendedHeaders(false)));
        assertSoftConnect(
                SENT_FIRST + Script.STRUCTURED_REPLY + Script.SET_META,
                Script.structured(),
                refusal(10, Script.TLS_REQD));
    }

    @Test
    void opt17_triesExtendedHeadersOnceWhereGoDemandsThem() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, refusal(7, 0x8000000aL), ack(11), Script.going());

        assertThat(greet(server).go("").export().replyStyle()).isEqualTo(ReplyStyle.EXTENDED);
        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.GO + Script.EXTENDED_HEADERS + Script.GO);
    }

    @Test
    void opt17_doesNotLoopWhereExtendedHeadersAreDemandedAndRefused() throws IOException {
        assertSoftConnect(SENT_SIMPLE, Script.simple(), refusal(7, 0x8000000aL));
        var server = ScriptedTransport.of(Script.GREETING, refusal(7, 0x8000000aL), ack(11), refusal(7, 0x8000000aL));
        NbdNegotiation negotiation = greet(server);

        assertThatThrownBy(() -> negotiation.go(""))
                .isInstanceOfSatisfying(
                        NbdNegotiationException.class,
                        e -> assertThat(e.error()).isEqualTo(OptionError.EXTENDED_HEADERS_REQUIRED));
        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.GO + Script.EXTENDED_HEADERS + Script.GO);
        assertThat(server.isClosed()).isFalse();
    }

    @Test
    void opt18_eh02_doesNotAskForWhatIsOn() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8), ack(11));
        NbdNegotiation negotiation = greet(server);

        assertThat(negotiation.structuredReplies()).isTrue();
        assertThat(negotiation.structuredReplies()).isTrue();
        assertThat(negotiation.extendedHeaders()).isTrue();
        assertThat(negotiation.extendedHeaders()).isTrue();
        assertThat(negotiation.structuredReplies()).isTrue();

        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.STRUCTURED_REPLY + Script.EXTENDED_HEADERS);
    }

    @Test
    void eh02_doesNotAskForStructuredRepliesAfterExtendedHeaders() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(11));
        NbdNegotiation negotiation = greet(server);

        assertThat(negotiation.extendedHeaders()).isTrue();
        assertThat(negotiation.structuredReplies()).isTrue();

        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS);
    }

    @Test
    void aRefusalLeavesTheNegotiationUsable() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                refusal(3, Script.POLICY),
                reply(7, Script.UNKNOWN, "6e6f"),
                reply(3, 2, "00000001 61") + ack(3),
                Script.going());
        NbdNegotiation negotiation = greet(server);

        assertThatThrownBy(negotiation::list).isInstanceOf(NbdNegotiationException.class);
        assertThatThrownBy(() -> negotiation.go("no")).isInstanceOf(NbdNegotiationException.class);
        assertThat(negotiation.list()).containsExactly(new ExportListing("a", ""));
        assertThat(negotiation.go("a").export().name()).isEqualTo("a");
    }

    @Test
    void aBreachIsTheCauseOfEveryLaterFailure() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(4), ack(3));
        NbdNegotiation negotiation = greet(server);
        NbdProtocolException breach = assertHard(server, Script.CLIENT_FLAGS + Script.LIST, negotiation::list);

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> negotiation.go(""))
                    .isInstanceOf(NbdProtocolException.class)
                    .hasCause(breach);
        }
        negotiation.close();

        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.LIST);
    }

    @Test
    void gen02_refusesNamesThatCannotBeSent() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(8));
        NbdNegotiation negotiation = greet(server);
        negotiation.structuredReplies();

        for (String name : new String[] {"n".repeat(4097), "é".repeat(2049), "a\0b", "\ud800", "\udc00x"}) {
            assertLocal(server, IllegalArgumentException.class, () -> negotiation.go(name));
            assertLocal(server, IllegalArgumentException.class, () -> negotiation.info(name));
            assertLocal(server, IllegalArgumentException.class, () -> negotiation.exportName(name));
            assertLocal(server, IllegalArgumentException.class, () -> negotiation.setMetaContexts(name, List.of()));
            assertLocal(
                    server,
                    IllegalArgumentException.class,
                    () -> negotiation.listMetaContexts("", List.of("base:" + name)));
        }
    }

    @Test
    void gen02_sendsNamesOf4096Bytes() throws IOException {
        for (String name : new String[] {"n".repeat(4096), "€".repeat(1365)}) {
            var server = ScriptedTransport.of(Script.GREETING, Script.going());

            assertThat(greet(server).go(name).export().name()).isEqualTo(name);
            assertThat(server.sent())
                    .isEqualTo(Script.CLIENT_FLAGS
                            + option(
                                    7, "%08x ".formatted(Hex.utf8(name).length() / 2) + Hex.utf8(name) + " 0001 0003"));
        }
    }
}
