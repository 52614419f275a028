// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import nbd4j.model.CommandFlag;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;

/** Errors, empty chunks, and replies of a kind that the command does not have: M32, M33, M35. */
@Timeout(60)
class ErrorReplyTest {
    @BothModes
    void m32_errorChunk_a_textLongerThanTheChunk_sr15(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 00000009 0000001c 0064 6d7367");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_b_errorZero_sr15_err05(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 00000009 00000000 0003 6d7367");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_c_threeBytes_sr15(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 00000003 000005");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_d_fiveBytes_sr15(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 00000005 0000001c00");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_e_textOf5000_sr15_gen03(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 0000138e 0000001c 1388 6d*5000");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_f_offsetOf13Bytes_sr16(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8002 CK 0000000d 00000005 0000 00*7");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_f_offsetCutByItsText_sr16(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8002 CK 0000000e 00000005 0001 00*8");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_g_offsetOutside_sr16(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8002 CK 0000000e 00000005 0000 0000000000002200");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_g_offsetJustOutside_sr16(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8002 CK 0000000e 00000005 0000 0000000000002000");
            rig.expectHard();
        }
    }

    @BothModes
    void m32_errorChunk_h_slopIsLegal_sr15(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 0000000d 0000001c 0003 6d7367 7461696c");
            rig.expectCommandError(NbdError.ENOSPC, 28);
        }
    }

    @BothModes
    void m32_errorChunk_i_errorThenDataIsStillAnError_sr03_sr19(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 8001 CK 00000006 00000005 0000 | 668e33ef 0001 0001 CK 00001008 0000000000001000 55*4096");
            rig.expectCommandError(NbdError.EIO, 5);
        }
    }

    @BothModes
    void sr03_theFirstErrorWins(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 8001 CK 00000006 0000001c 0000 | 668e33ef 0001 8001 CK 00000006 00000005 0000");
            rig.expectCommandError(NbdError.ENOSPC, 28);
        }
    }

    @BothModes
    void sr17_dataBeforeAnErrorOffsetIsLegal(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 0001 CK 00000408 0000000000001000 55*1024 | 668e33ef 0001 8002 CK 0000000e 00000005 0000 0000000000001200");
            rig.expectCommandError(NbdError.EIO, 5);
        }
    }

    @BothModes
    void sr18_contentBesideAnErrorOffsetIsLegal(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 8002 CK 0000000e 00000005 0000 0000000000001200 | 668e33ef 0001 0001 CK 00000208 0000000000001000 55*512");
            rig.expectCommandError(NbdError.EIO, 5);
        }
    }

    @BothModes
    void sr21_errorAndErrorOffsetTogether(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 8002 CK 0000000e 00000005 0000 0000000000001200 | 668e33ef 0001 8001 CK 00000006 00000016 0000");
            rig.expectCommandError(NbdError.EIO, 5);
        }
    }

    @BothModes
    void m33_none_a_withoutDone_sr05(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0000 CK 00000000 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m33_none_b_withPayload_sr05(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 0001 CK 00001008 0000000000001000 55*4096 | 668e33ef 0001 0000 CK 00000004 61626364");
            rig.expectHard();
        }
    }

    @BothModes
    void m33_none_c_behindDone_sr04(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("good | 668e33ef 0001 0000 CK 00000000");
            rig.expectOkThenHard();
        }
    }

    @BothModes
    void m35_wrongKind_a_simpleSuccessToARead_tx10(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("67446698 00000000 CK 55*4096");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m35_wrongKind_b_simpleErrorToARead_tx10(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("67446698 00000016 CK");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m35_wrongKind_c_statusToARead_sr13(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0005 CK 0000000c 00000001 00001000 00000000 | good");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m32_errorChunk_carriesTextAndOffset_sr16_sr20(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8002 CK 00000012 00000005 0004 62 1b 5b 0a 0000000000001200");
            var failure = rig.expectCommandError(NbdError.EIO, 5);
            assertThat(failure.errorOffset()).hasValue(0x1200);
            assertThat(failure.serverText()).contains("b\\x1b[\\x0a");
            assertThat(failure).hasMessageEndingWith("failed: EIO (5) at offset 4608: b\\x1b[\\x0a");
        }
    }

    @BothModes
    void sr15_theLongestTextIsTaken_gen03(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 00001006 00000005 1000 6d*4096");
            rig.expectCommandError(NbdError.EIO, 5);
        }
    }

    @BothModes
    void gen10_errorChunksWithoutEnd(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 8002 CK 0000000e 00000005 0000 0000000000001200 ".repeat(1025));
            assertThat(rig.expectHard()).hasMessageContaining("more than 1024");
        }
    }

    @BothModes
    void m33_none_d_neverAnyDone(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withRequestTimeout(Duration.ofMillis(300));
        try (var rig = new Rig(Exports.of(STRUCTURED), options).readA()) {
            rig.say("668e33ef 0000 0001 CK 00001008 0000000000001000 55*4096");
            rig.server.awaitAllRead();
            rig.callA().failure(NbdTimeoutException.class);
            rig.bufferA.assertGuards();
        }
    }

    @BothModes
    void m35_wrongKind_d_dataToAWrite_sr13(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var from = new Guarded(512, true);
            var call = Call.start(() -> rig.connection.write(0, from.buffer()));
            rig.say("668e33ef 0001 0001 CK 00000208 0000000000000000 55*512", rig.server.take());
            rig.expectHard(call);
            from.assertUntouched();
        }
    }

    @BothModes
    void m35_wrongKind_holeToAWrite_sr13(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.start(() -> rig.connection.trim(0, 512, Set.of()));
            rig.say("668e33ef 0001 0002 CK 0000000c 0000000000000000 00000200", rig.server.take());
            rig.expectHard(call);
        }
    }

    @BothModes
    void m35_wrongKind_e_successWithoutStatus_tx12(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.of(() -> rig.connection.blockStatus(0, 65536, Set.of()));
            rig.say("67446698 00000000 CK", rig.server.take());
            rig.expectHard(call);
        }
    }

    @BothModes
    void m35_wrongKind_f_simpleErrorToBlockStatusIsLegal_tx12(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.of(() -> rig.connection.blockStatus(0, 65536, Set.of()));
            rig.say("67446698 00000016 CK", rig.server.take());
            assertThat(call.failure(NbdCommandException.class).error()).isEqualTo(NbdError.EINVAL);
            rig.expectUsable();
        }
    }

    @BothModes
    void m35_wrongKind_g_twoChunksThoughAskedForOne_cmd08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads, CommandFlag.DF)) {
            rig.sentA().assertBytes("25609513 0004 0000 CK 0000000000001000 00001000");
            rig.say("668e33ef 0000 0001 CK 00000808 0000000000001000 55*2048"
                    + "| 668e33ef 0001 0001 CK 00000808 0000000000001800 55*2048");
            rig.expectHard();
        }
    }

    @BothModes
    void cmd08_unfragmentedReadsMayOverflow(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads, CommandFlag.DF)) {
            rig.say("668e33ef 0001 8001 CK 00000006 0000004b 0000");
            rig.expectCommandError(NbdError.EOVERFLOW, 75);
        }
        try (var rig = Rig.readingA(STRUCTURED, threads, CommandFlag.DF)) {
            rig.say("good");
            rig.expectOk("55*4096");
        }
    }

    private interface Command {
        void run(NbdConnection connection) throws Exception;
    }

    private static final Command[] WITHOUT_CONTENT = {
        connection -> connection.write(512, ByteBuffer.allocate(512)),
        NbdConnection::flush,
        connection -> connection.trim(512, 512, Set.of()),
        connection -> connection.cache(512, 512),
        connection -> connection.writeZeroes(512, 512, Set.of()),
    };

    private static void allSucceed(ReplyStyle style, ChannelThreads threads, String reply) throws Exception {
        try (var rig = Rig.of(style, threads)) {
            for (Command command : WITHOUT_CONTENT) {
                var call = Call.start(() -> command.run(rig.connection));
                rig.say(reply, rig.server.take());
                call.get();
            }
            rig.expectUsable();
        }
    }

    @BothModes
    void m35_wrongKind_h_simpleRepliesToAllButReads_tx11(ChannelThreads threads) throws Exception {
        allSucceed(STRUCTURED, threads, "67446698 00000000 CK");
    }

    @BothModes
    void m35_wrongKind_i_emptyChunksToAllButReads_sr05(ChannelThreads threads) throws Exception {
        allSucceed(STRUCTURED, threads, "668e33ef 0001 0000 CK 00000000");
    }

    @BothModes
    void m35_wrongKind_simpleErrorsToAllButReads_tx11_err01(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            for (Command command : WITHOUT_CONTENT) {
                var call = Call.start(() -> command.run(rig.connection));
                rig.say("67446698 0000001c CK", rig.server.take());
                assertThat(call.failure(NbdCommandException.class).error()).isEqualTo(NbdError.ENOSPC);
            }
            rig.expectUsable();
        }
    }

    @BothModes
    void eh16_simpleRepliesToNothingUnderExtendedHeaders(ChannelThreads threads) throws Exception {
        for (Command command : WITHOUT_CONTENT) {
            try (var rig = Rig.of(EXTENDED, threads)) {
                var call = Call.start(() -> command.run(rig.connection));
                rig.say("67446698 00000000 CK", rig.server.take());
                rig.expectHard(call);
            }
        }
    }

    @BothModes
    void m39_wrongOffset_c_flushAnsweredAtAnOffset_eh07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(EXTENDED, threads)) {
            var call = Call.start(rig.connection::flush);
            rig.say("6e8a278c 0001 0000 CK 0000000000000001 0000000000000000", rig.server.take());
            rig.expectHard(call);
        }
    }

    @BothModes
    void sr16_noErrorOffsetForAFlush(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.start(rig.connection::flush);
            rig.say("668e33ef 0001 8002 CK 0000000e 00000005 0000 0000000000000000", rig.server.take());
            rig.expectHard(call);
        }
    }

    @BothModes
    void sr16_anErrorOffsetForAWrite(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.start(() -> rig.connection.write(512, ByteBuffer.allocate(512)));
            rig.say("668e33ef 0001 8002 CK 0000000e 0000001c 0000 00000000000003ff", rig.server.take());
            var failure = call.failure(NbdCommandException.class);
            assertThat(failure.error()).isEqualTo(NbdError.ENOSPC);
            assertThat(failure.errorOffset()).hasValue(1023);
            rig.expectUsable();
        }
    }

    @BothModes
    void m35_everyBreachNamesTheRequest(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446699");
            NbdProtocolException breach = rig.expectHard();
            assertThat(breach)
                    .hasMessage("read of 4096 bytes at 4096 from disk at scripted failed: the server sent a reply with"
                            + " magic 0x67446699; with simple replies negotiated, only 0x67446698 is allowed");
        }
    }
}
