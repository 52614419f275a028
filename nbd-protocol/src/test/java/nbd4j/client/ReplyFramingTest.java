// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;

/** Replies that are not for us, not of this protocol, twice, or of an error: M23 to M26. */
@Timeout(60)
class ReplyFramingTest {
    @BothModes
    void m23_wrongLevel_a_unknownMagic_tx06(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446699 00000000 CK 55*4096");
            rig.expectHard();
        }
    }

    @BothModes
    void m23_wrongLevel_b_structuredNotNegotiated_tx09(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("668e33ef 0001 0001 CK 00001008 0000000000001000 55*4096");
            rig.expectHard();
        }
    }

    @BothModes
    void m23_wrongLevel_c_extendedInSimple_tx09(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("6e8a278c 0001 0000 CK 0000000000001000 0000000000000000");
            rig.expectHard();
        }
    }

    @BothModes
    void m23_wrongLevel_c_extendedInStructured_tx09(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("6e8a278c 0001 0000 CK 0000000000001000 0000000000000000");
            rig.expectHard();
        }
    }

    @BothModes
    void m23_wrongLevel_d_simpleInExtendedIsSeenAtOnce_tx13_eh16(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("67446698 00000000 CK");
            rig.expectHard();
        }
    }

    @BothModes
    void m23_wrongLevel_d_theMagicAloneIsEnough_tx13(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("67446698");
            rig.expectHard();
        }
    }

    @BothModes
    void m23_wrongLevel_e_structuredInExtended_tx13(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00001008 0000000000001000 55*4096");
            rig.expectHard();
        }
    }

    @BothModes
    void m23_wrongLevel_f_historicMagic_gen11(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("96744668 00000000 CK");
            rig.expectHard();
        }
    }

    @BothModes
    void m24_nobodyAsked_a_successForAnUnknownCookie_tx07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446698 00000000 CK^1 55*4096 | 67446698 00000000 CK 55*4096");
            rig.expectHard();
        }
    }

    @BothModes
    void m24_nobodyAsked_b_errorForAnUnknownCookie_tx07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446698 00000005 CK^1 | 67446698 00000000 CK 55*4096");
            rig.expectHard();
        }
    }

    @BothModes
    void m24_nobodyAsked_c_chunkForAnUnknownCookie_tx07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK^1 00000208 0000000000001000 55*512 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m24_nobodyAsked_e_simpleAmongStructured_tx07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("67446698 00000000 CK^1 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m24_nobodyAsked_chunkForAnUnknownCookieUnderExtendedHeaders_tx07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("6e8a278c 0001 0000 CK^1 0000000000001000 0000000000000000 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m25_duplicate_a_simple_tx03(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446698 00000000 CK 55*4096 | 67446698 00000000 CK 55*4096");
            rig.expectOkThenHard();
        }
    }

    @BothModes
    void m25_duplicate_b_none_sr04(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("good | 668e33ef 0001 0000 CK 00000000");
            rig.expectOkThenHard();
        }
    }

    @BothModes
    void m25_duplicate_c_data_sr04(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("good | 668e33ef 0001 0001 CK 00000208 0000000000001000 66*512");
            rig.expectOkThenHard();
        }
    }

    @BothModes
    void m26_errors_a_unknownValueIsEinval_err02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446698 0000270f CK");
            rig.expectCommandError(NbdError.EINVAL, 9999);
        }
    }

    @BothModes
    void m26_errors_a_unknownValueInAChunk_err02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 00000006 00000002 0000");
            rig.expectCommandError(NbdError.EINVAL, 2);
        }
    }

    @BothModes
    void m26_errors_a_theLargestValue_err02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446698 ffffffff CK");
            rig.expectCommandError(NbdError.EINVAL, 0xFFFFFFFFL);
        }
    }

    @BothModes
    void m26_errors_b_noDataFollowsAnError_tx08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446698 00000005 CK");
            rig.expectCommandError(NbdError.EIO, 5);
        }
    }

    @BothModes
    void m24_nobodyAsked_d_unsolicitedRightAfterTheHandshake_tx07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(SIMPLE, threads)) {
            rig.server.say(Hex.bytes("67446698 00000000 0000000000001234", 0));
            var buffer = new Guarded(512, true);
            Call.start(() -> rig.connection.read(Rig.B, buffer.buffer())).failure(NbdProtocolException.class);
            buffer.assertUntouched();
            rig.server.awaitClosed();
        }
    }

    @BothModes
    void m24_nobodyAsked_aCookieBeyondEverySlot_tx07(ChannelThreads threads) throws Exception {
        for (String cookie : new String[] {"0000000000000000", "00000000000003ff", "ffffffffffffffff"}) {
            try (var rig = Rig.readingA(SIMPLE, threads)) {
                rig.say("67446698 00000000 " + cookie);
                rig.expectHard();
            }
        }
    }

    @BothModes
    void m26_errors_e_dataBehindAnErrorIsReadAsAReply(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("67446698 00000005 CK 55*4096");
            rig.callA().failure(NbdCommandException.class);
            var buffer = new Guarded(512, true);
            Call.start(() -> rig.connection.read(Rig.B, buffer.buffer())).failure(NbdProtocolException.class);
            buffer.assertUntouched();
            rig.server.awaitClosed();
        }
    }

    @BothModes
    void m26_errors_f_everyNamedValue_err01(ChannelThreads threads) throws Exception {
        for (ReplyStyle style : ReplyStyle.values()) {
            for (NbdError error : NbdError.values()) {
                if (error == NbdError.ESHUTDOWN) {
                    continue; // Ends the connection: EndTest.
                }
                try (var rig = Rig.readingA(style, threads)) {
                    rig.say(rig.error(rig.sentA(), error.value()));
                    var failure = rig.expectCommandError(error, error.value());
                    assertThat(failure)
                            .hasMessageContaining("read of 4096 bytes at 4096 from disk at scripted failed: " + error);
                }
            }
        }
    }

    /** Three reads are in flight when the stream ends; where depends on the case. */
    private static void m27(ReplyStyle style, ChannelThreads threads, String script, boolean reset) throws Exception {
        try (var rig = Rig.readingA(style, threads)) {
            var second = new Guarded(512, true);
            var third = new Guarded(512, false);
            var secondCall = Call.start(() -> rig.connection.read(0x4000, second.buffer()));
            rig.server.take();
            var thirdCall = Call.start(() -> rig.connection.read(0x5000, third.buffer()));
            rig.server.take();

            rig.say(script);
            if (reset) {
                rig.server.reset();
            } else {
                rig.server.end();
            }

            var failure = rig.callA().failure(NbdDisconnectedException.class);
            assertThat(failure.retryable()).isTrue();
            secondCall.failure(NbdDisconnectedException.class);
            thirdCall.failure(NbdDisconnectedException.class);
            second.assertUntouched();
            third.assertUntouched();
            second.assertGuards();
            third.assertGuards();
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void m27_eof_a_insideAHeader_tx14(ChannelThreads threads) throws Exception {
        m27(SIMPLE, threads, "67446698 000000", false);
    }

    @BothModes
    void m27_eof_b_insideThePayload_tx14(ChannelThreads threads) throws Exception {
        m27(SIMPLE, threads, "67446698 00000000 CK 55*100", false);
    }

    @BothModes
    void m27_eof_c_betweenReplies_tx14(ChannelThreads threads) throws Exception {
        m27(SIMPLE, threads, "", false);
    }

    @BothModes
    void m27_eof_d_reset_tx14(ChannelThreads threads) throws Exception {
        m27(SIMPLE, threads, "", true);
    }

    @BothModes
    void m27_eof_e_behindAChunkThatIsNotTheLast_tx14(ChannelThreads threads) throws Exception {
        m27(STRUCTURED, threads, "668e33ef 0000 0001 CK 00000808 0000000000001000 55*2048", false);
    }

    /** The whole conversation: three replies, each kind of chunk. The server goes away at every byte of it. */
    @BothModes
    void m27_eof_atEveryByte_gen07(ChannelThreads threads) throws Exception {
        String reply = "668e33ef 0000 0001 CK 00000808 0000000000001800 66*2048"
                + "| 668e33ef 0000 0002 CK 0000000c 0000000000001000 00000800 | 668e33ef 0001 0000 CK 00000000";
        int length = Hex.bytes(reply, 0).length;
        var succeeded = new AtomicInteger();
        for (int cut = 0; cut <= length; cut++) {
            try (var rig = Rig.readingA(STRUCTURED, threads)) {
                byte[] all = Hex.bytes(reply, rig.sentA().cookie());
                rig.server.say(Arrays.copyOf(all, cut));
                rig.server.end();
                if (cut == length) {
                    rig.callA().get();
                    succeeded.incrementAndGet();
                } else {
                    rig.callA().failure(NbdDisconnectedException.class);
                }
                rig.bufferA.assertGuards();
                rig.awaitIdle();
            }
        }
        assertThat(succeeded).hasValue(1);
    }
}
