// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.SENT_SIMPLE;
import static nbd4j.client.Handshakes.assertHardConnect;
import static nbd4j.client.Handshakes.connect;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.INFO_EXPORT;
import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.info;
import static nbd4j.handshake.Script.option;
import static nbd4j.handshake.Script.refusal;
import static nbd4j.handshake.Script.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.model.BlockSizes;
import nbd4j.model.Export;
import nbd4j.model.ExportInfo;
import nbd4j.model.InformationType;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.OptionError;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GoTest {
    private static final String DISC = "25609513" + "0000" + "0002" + "00".repeat(20);

    @Test
    void opt23_inf01_inf02_inf03_asksTheDefaultExportForItsBlockSizesOnce() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, Script.going());

        greet(server).go("");

        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.GO);
    }

    @Test
    void inf01_inf02_asksForEachInformationOnce() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, reply(6, 3, "0000 0000000000100000 0001"), ack(6));

        greet(server).info("a", EnumSet.allOf(InformationType.class));

        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + option(6, "00000001 61 0003 0001 0002 0003"));
    }

    @Test
    void inf04_m09a_refusesAnAcknowledgementWithoutAnExport() {
        assertThat(assertHardConnect(SENT_SIMPLE, Script.simple(), ack(7))).hasMessageContaining("INFO_EXPORT");
        assertHardConnect(SENT_SIMPLE, Script.simple(), info("0002 64657363"), ack(7));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0000", "0002", "0dec"})
    void inf12_m09bc_refusesFlagsWithoutHasFlags(String flags) {
        assertThat(assertHardConnect(SENT_SIMPLE, Script.simple(), info("0000 0000000000100000 " + flags), ack(7)))
                .hasMessageContaining("0x" + flags);
    }

    @Test
    void inf11_m09d_refusesInformationThatContradictsItself() {
        assertThat(assertHardConnect(
                        SENT_SIMPLE, Script.simple(), INFO_EXPORT, info("0000 0000000000200000 0ded"), ack(7)))
                .hasMessageContaining("1048576")
                .hasMessageContaining("2097152");
        assertHardConnect(SENT_SIMPLE, Script.simple(), INFO_EXPORT, info("0000 0000000000100000 0def"), ack(7));
        assertHardConnect(
                SENT_SIMPLE,
                Script.simple(),
                info("0003 00000200 00001000 02000000"),
                info("0003 00001000 00001000 02000000"),
                ack(7));
        assertHardConnect(SENT_SIMPLE, Script.simple(), info("0001 61"), info("0001 62"), ack(7));
        assertHardConnect(SENT_SIMPLE, Script.simple(), info("0002 61"), info("0002 62"), ack(7));
    }

    @Test
    void inf11_takesTheSameInformationTwice() throws IOException {
        String blocks = info("0003 00000200 00001000 02000000");

        Export export = connect(Script.GREETING, Script.simple(), INFO_EXPORT, blocks, blocks, INFO_EXPORT, ack(7));

        assertThat(export.blockSizes()).isEqualTo(new BlockSizes(512, 4096, 32 << 20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000 000000000010 0000",
                "0000 0000000000100000 0ded 0000",
                "00",
                "",
                "0003 00000200 00001000 020000",
                "0003 00000200 00001000 02000000 00",
                "0001 6e*4097",
                "0002 6e*4097",
                "0001 ff",
                "0001 6100"
            })
    void inf05_inf06_inf07_inf09_gen03_gen04_m10_refusesInformationThatCannotBe(String data) {
        assertHardConnect(SENT_SIMPLE, Script.simple(), info(data));
    }

    @Test
    void inf06_takesEmptyStringsAndLongOnes() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                reply(6, 3, "0001") + reply(6, 3, "0002") + reply(6, 3, "0000 0000000000100000 0001") + ack(6),
                reply(6, 3, "0001 6e*4096") + reply(6, 3, "0002 64*4096") + reply(6, 3, "0000 0000000000100000 0001"),
                ack(6));
        NbdNegotiation negotiation = greet(server);

        ExportInfo empty = negotiation.info("");
        assertThat(empty.canonicalName()).hasValue("");
        assertThat(empty.description()).hasValue("");
        ExportInfo longest = negotiation.info("");
        assertThat(longest.canonicalName()).hasValue("n".repeat(4096));
        assertThat(longest.description()).hasValue("d".repeat(4096));
    }

    @Test
    void gen04_escapesADescription() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                reply(6, 3, "0002 61 1b 5b e2 80 ae ff"),
                reply(6, 3, "0000 0000000000100000 0001"),
                ack(6));

        assertThat(greet(server).info("").description()).hasValue("a\\x1b[\\u{202e}\\xff");
    }

    @ParameterizedTest
    @CsvSource({
        "00000003 00001000 02000000,minimum 3",
        "00000000 00001000 02000000,minimum 0",
        "00020000 00020000 02000000,minimum 131072",
        "00001000 00000200 02000000,preferred 512",
        "00000001 00000100 02000000,preferred 256",
        "00000200 00001000 00000400,maximum 1024",
        "80000000 80000000 ffffffff,minimum 2147483648",
        "ffffffff ffffffff ffffffff,minimum 4294967295"
    })
    void sz01_m11_refusesIllegalBlockSizes(String sizes, String culprit) {
        assertThat(assertHardConnect(SENT_SIMPLE, Script.simple(), INFO_EXPORT, info("0003 " + sizes), ack(7)))
                .hasMessageContaining(culprit);
    }

    @ParameterizedTest
    @CsvSource({
        "00000001 00001000 ffffffff,1,4096,33554432",
        "00000200 00001000 02000001,512,4096,33554432",
        "00000200 00001000 00010001,512,4096,65536",
        "00010000 00010000 00010000,65536,65536,65536",
        "00000001 00000200 00000200,1,512,512",
        "00001000 80000000 80000000,4096,33554432,33554432"
    })
    void sz01_sz08_sz13_m11gh_takesLegalBlockSizesAndItsOwnLimit(String sizes, int minimum, int preferred, int payload)
            throws IOException {
        BlockSizes blockSizes = connect(Script.GREETING, Script.simple(), INFO_EXPORT, info("0003 " + sizes), ack(7))
                .blockSizes();

        assertThat(blockSizes.minimum()).isEqualTo(minimum);
        assertThat(blockSizes.usablePreferred()).isEqualTo(preferred);
        assertThat(blockSizes.usablePayload()).isEqualTo(payload);
    }

    @Test
    void sz07_assumesLittleWhenNothingIsAdvertised() throws IOException {
        Export export = connect(Script.GREETING, Script.simple(), Script.going());

        assertThat(export.blockSizes()).isEqualTo(BlockSizes.UNADVERTISED);
        assertThat(export.info().blockSizes()).isEmpty();
    }

    @Test
    void sz10_sz13_takesASizeThatIsNoMultipleOfTheBlockSize() throws IOException {
        Export export = connect(
                Script.GREETING,
                Script.simple(),
                info("0000 0000000000000201 0ded"),
                info("0003 00001000 00010000 02000000"),
                ack(7));

        assertThat(export.size()).isEqualTo(513);
        assertThat(export.blockSizes().preferred()).isEqualTo(65536);
    }

    @Test
    void inf08_inf10_inf16_inf18_m12_takesInformationInAnyOrderAndSkipsWhatItDoesNotKnow() throws IOException {
        Export export = connect(
                Script.GREETING,
                Script.simple(),
                info("beef 7a*70000"),
                info("0002 64657363"),
                info("0003 00000200 00001000 02000000"),
                info("0004"),
                info("0001 63616e6f6e"),
                INFO_EXPORT,
                ack(7));

        assertThat(export.name()).isEmpty();
        assertThat(export.info().canonicalName()).hasValue("canon");
        assertThat(export.info().description()).hasValue("desc");
        assertThat(export.blockSizes().minimum()).isEqualTo(512);
    }

    @Test
    void opt09_inf08_skipsUnknownInformationOfUpToOneMebibyte() throws IOException {
        assertThat(connect(Script.GREETING, Script.simple(), info("beef 7a*1048574"), Script.going())
                        .size())
                .isEqualTo(0x100000);
        assertHardConnect(SENT_SIMPLE, Script.simple(), info("beef 7a*1048575"));
    }

    @Test
    void gen10_m18b_endsAnEndlessStreamOfInformation() throws IOException {
        assertThat(connect(Script.GREETING, Script.simple(), info("7777 0000").repeat(63), Script.going())
                        .size())
                .isEqualTo(0x100000);
        assertThat(assertHardConnect(
                        SENT_SIMPLE, Script.simple(), info("7777 0000").repeat(65)))
                .hasMessageContaining("at most 64");
    }

    @ParameterizedTest
    @CsvSource({"8000000000000000,9223372036854775808", "ffffffffffffffff,18446744073709551615"})
    void gen01_m13ab_refusesASizeThatNeedsAllBits(String size, String shown) {
        var server = ScriptedTransport.of(Script.GREETING, Script.simple(), info("0000 " + size + " 0ded"), ack(7));

        assertThatThrownBy(() -> connect(server, ""))
                .isInstanceOfSatisfying(
                        NbdNegotiationException.class,
                        e -> assertThat(e.error()).isEqualTo(OptionError.CLIENT))
                .hasMessageContaining(shown);
        assertThat(server.sent()).isEqualTo(SENT_SIMPLE + DISC);
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void gen01_m13_endsExtendedHeadersWithAnExtendedRequest() {
        var server = ScriptedTransport.of(
                Script.GREETING, ack(11), refusal(10, Script.UNSUP), info("0000 8000000000000000 0001"), ack(7));

        assertThatThrownBy(() -> connect(server, "")).isInstanceOf(NbdNegotiationException.class);
        assertThat(server.sent()).endsWith(Script.GO + "21e41c71" + "0000" + "0002" + "00".repeat(24));
    }

    @Test
    void gen01_describingALargeExportLeavesTheNegotiationUsable() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING, reply(6, 3, "0000 8000000000000000 0001"), ack(6), Script.going());
        NbdNegotiation negotiation = greet(server);

        assertThatThrownBy(() -> negotiation.info("large")).isInstanceOf(NbdNegotiationException.class);
        assertThat(negotiation.go("").export().size()).isEqualTo(0x100000);
    }

    @ParameterizedTest
    @CsvSource({"0000000000000000,0", "7fffffffffffffff,9223372036854775807"})
    void gen01_m13c_takesTheSmallestAndTheLargestSize(String size, long bytes) throws IOException {
        assertThat(connect(Script.GREETING, Script.simple(), info("0000 " + size + " 0ded"), ack(7))
                        .size())
                .isEqualTo(bytes);
    }

    @Test
    void inf13_takesWhatFollowsTheAcknowledgementForAReply() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, Script.going(), "00*124");

        NbdConnection connection = greet(server).go("");

        assertThatThrownBy(() -> connection.read(0, ByteBuffer.allocate(512)))
                .isInstanceOf(NbdProtocolException.class)
                .hasMessageContaining("00000000");
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void inf14_forgetsWhatWasSaidBeforeARefusal() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                info("0000 0000000000300000 0fff"),
                info("0003 00001000 00001000 00100000"),
                refusal(7, Script.UNKNOWN),
                Script.going());
        NbdNegotiation negotiation = greet(server);

        assertThatThrownBy(() -> negotiation.go("a"))
                .isInstanceOfSatisfying(
                        NbdNegotiationException.class,
                        e -> assertThat(e.error()).isEqualTo(OptionError.UNKNOWN));
        Export export = negotiation.go("b").export();

        assertThat(export.size()).isEqualTo(0x100000);
        assertThat(export.blockSizes()).isEqualTo(BlockSizes.UNADVERTISED);
    }

    @Test
    void inf14_anAcknowledgementNeedsItsOwnExport() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, INFO_EXPORT, refusal(7, Script.UNKNOWN), ack(7));
        NbdNegotiation negotiation = greet(server);

        assertThatThrownBy(() -> negotiation.go("a")).isInstanceOf(NbdNegotiationException.class);
        Handshakes.assertHard(
                server, Script.CLIENT_FLAGS + option(7, "00000001 61 0001 0003") + Script.GO, () -> negotiation.go(""));
    }

    @Test
    void inf15_trustsGoAndNotInfo() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING,
                reply(6, 3, "0000 0000000000000000 0001") + reply(6, 3, "0003 00001000 00001000 00100000"),
                ack(6),
                Script.going());
        NbdNegotiation negotiation = greet(server);

        assertThat(negotiation.info("").size()).isZero();
        Export export = negotiation.go("").export();

        assertThat(export.size()).isEqualTo(0x100000);
        assertThat(export.flags().bits()).isEqualTo(0x0ded & ~TransmissionFlags.SEND_DF);
        assertThat(export.blockSizes()).isEqualTo(BlockSizes.UNADVERTISED);
    }

    @Test
    void masksFlagsThatNeedWhatWasNotNegotiated() throws IOException {
        String everything = info("0000 0000000000100000 ffff") + ack(7);
        int df = TransmissionFlags.SEND_DF;
        int payload = TransmissionFlags.BLOCK_STATUS_PAYLOAD;

        assertThat(flagsOf(Script.simple() + everything)).isEqualTo(0xffff & ~df & ~payload);
        assertThat(flagsOf(Script.structured() + Script.baseAllocation() + everything))
                .isEqualTo(0xffff & ~payload);
        assertThat(flagsOf(ack(11) + Script.baseAllocation() + everything)).isEqualTo(0xffff);
    }

    @Test
    void masksFastZeroWithoutWriteZeroes() throws IOException {
        assertThat(flagsOf(Script.simple() + info("0000 0000000000100000 0801") + ack(7)))
                .isEqualTo(1);
        assertThat(flagsOf(Script.simple() + info("0000 0000000000100000 0841") + ack(7)))
                .isEqualTo(0x0841);
    }

    private static int flagsOf(String script) throws IOException {
        return connect(Script.GREETING, script).flags().bits();
    }

    @Test
    void eh01_eh02_negotiatesExtendedHeadersWithoutStructuredReplies() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(11), Script.baseAllocation(), Script.going());

        Export export = connect(server, "");

        assertThat(export.replyStyle()).isEqualTo(ReplyStyle.EXTENDED);
        assertThat(server.sent())
                .isEqualTo(Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS + Script.SET_META + Script.GO);
    }

    @Test
    void asksForNoMoreThanTheOptionsSay() throws IOException {
        var options = Handshakes.OPTIONS.withExtendedHeaders(false).withMetaContexts(List.of());
        var structured = ScriptedTransport.of(Script.GREETING, ack(8), Script.going());
        var simple = ScriptedTransport.of(Script.GREETING, Script.going());

        assertThat(connect(structured, "", options).replyStyle()).isEqualTo(ReplyStyle.STRUCTURED);
        assertThat(connect(simple, "", options.withStructuredReplies(false)).replyStyle())
                .isEqualTo(ReplyStyle.SIMPLE);

        assertThat(structured.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.STRUCTURED_REPLY + Script.GO);
        assertThat(simple.sent()).isEqualTo(Script.CLIENT_FLAGS + Script.GO);
    }

    @Test
    void inf17_asksForNothingWhenNothingIsNeeded() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, reply(6, 3, "0000 0000000000100000 0001"), ack(6));

        ExportInfo info = greet(server).info("", Set.of());

        assertThat(info.blockSizes()).isEmpty();
        assertThat(server.sent()).isEqualTo(Script.CLIENT_FLAGS + option(6, "00000000 0000"));
    }
}
