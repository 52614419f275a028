// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;

import nbd4j.model.NbdError;
import org.junit.jupiter.api.Timeout;

/** Contents of reads: M28 to M31, M34, M39. */
@Timeout(60)
class ReadReplyTest {
    @BothModes
    void m28_length_a_noData_sr06(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0001 CK 00000008 0000000000001000 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m28_length_b_sevenBytes_sr06(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0001 CK 00000007 00*7 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m28_length_c_emptyHole_sr07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0002 CK 0000000c 0000000000001000 00000000 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m28_length_d_shortHole_sr07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0002 CK 0000000b 00*11 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m28_length_e_longHole_sr07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0002 CK 0000000d 0000000000001000 00001000 00");
            rig.expectHard();
        }
    }

    @BothModes
    void m29_outside_a_before_sr08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00001008 0000000000000e00 55*4096");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m29_outside_b_behind_sr08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00001008 0000000000001200 55*4096");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m29_outside_c_wrapsToZero_sr08_sec02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00001008 fffffffffffff000 55*4096");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m29_outside_d_longHole_sr08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0002 CK 0000000c 0000000000001000 00001001");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m29_outside_e_wrappingHole_sr08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0002 CK 0000000c fffffffffffff000 00002000");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m29_outside_f_justPastTheEnd_sr08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00000009 0000000000002000 55");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m29_outside_g_negativeAsALong_sr08_gen01(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00000208 8000000000000000 55*512");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m29_outside_oneByteBefore_sr08_sec02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00000009 0000000000000fff 55");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m30_coverageLies_a_sameHalfTwice_sr09_sec12(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 0001 CK 00000808 0000000000001000 55*2048 | 668e33ef 0001 0001 CK 00000808 0000000000001000 66*2048");
            rig.expectHard();
        }
    }

    @BothModes
    void m30_coverageLies_b_overlapAfterAll_sr09(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 0001 CK 00001008 0000000000001000 55*4096 | 668e33ef 0001 0001 CK 00000208 0000000000001000 66*512");
            rig.expectHard();
        }
    }

    @BothModes
    void m30_coverageLies_c_half_sr10(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00000808 0000000000001000 55*2048");
            rig.expectHard();
        }
    }

    @BothModes
    void m30_coverageLies_d_noneOnly_sr10(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0000 CK 00000000");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m30_coverageLies_e_reversedHoleAndDataIsLegal_sr11(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 0001 CK 00000808 0000000000001800 66*2048 | 668e33ef 0000 0002 CK 0000000c 0000000000001000 00000800 | 668e33ef 0001 0000 CK 00000000");
            rig.expectOk("00*2048 66*2048");
        }
    }

    @BothModes
    void m30_coverageLies_f_contentOverAnErrorOffset_sr18(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 8002 CK 0000000e 00000005 0000 0000000000001200 | 668e33ef 0001 0001 CK 00001008 0000000000001000 55*4096");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m30_coverageLies_holeOverData_sr09(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 0001 CK 00000808 0000000000001800 66*2048 | 668e33ef 0001 0002 CK 0000000c 0000000000001000 00000801");
            rig.expectHard();
        }
    }

    @BothModes
    void m30_coverageLies_gapInTheMiddle_sr10(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say(
                    "668e33ef 0000 0001 CK 000007f8 0000000000001000 55*2032 | 668e33ef 0001 0001 CK 00000808 0000000000001800 66*2048");
            rig.expectHard();
        }
    }

    @BothModes
    void m31_unknown_a_type1234_sr12(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 1234 CK 00000004 61626364 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m31_unknown_b_reservedType3_sr12(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0003 CK 0000000c 0000000000001000 00001000 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m31_unknown_type4_sr12(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 0004 CK 00000000 | good");
            rig.expectHard();
        }
    }

    @BothModes
    void m31_unknown_c_errorType_sr14(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8765 CK 0000000d 00000005 0003 6d7367 7461696c");
            rig.expectCommandError(NbdError.EIO, 5);
        }
    }

    @BothModes
    void m31_unknown_d_errorTypeWithALongText_sr14(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8765 CK 00000009 00000005 012c 6d7367");
            rig.expectHard();
        }
    }

    @BothModes
    void m31_unknown_e_replyFlag_sr02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 8001 0001 CK 00001008 0000000000001000 55*4096");
            rig.expectOk("55*4096");
        }
    }

    @BothModes
    void m31_unknown_replyFlagWithoutDoneIsNotTheEnd_sr02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 8000 0001 CK 00001008 0000000000001000 55*4096 | 668e33ef 8001 0000 CK 00000000");
            rig.expectOk("55*4096");
        }
    }

    @BothModes
    void m34_giant_a_allOnes_sr22_sec11(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK ffffffff 0000000000001000");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m34_giant_b_64Bits_eh08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("6e8a278c 0001 0001 CK 0000000000001000 0000000100000000 0000000000001000");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m34_giant_c_negativeAsALong_eh08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("6e8a278c 0001 0001 CK 0000000000001000 8000000000000000");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m34_giant_d_oneByteMoreThanAsked_sr22_sz11(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 0001 CK 00001009 0000000000001000 55");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m34_giant_f_error_sr22(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0001 8001 CK 02000000");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m34_giant_errorUnderExtendedHeaders_eh08(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("6e8a278c 0001 8001 CK 0000000000001000 ffffffffffffffff");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m39_wrongOffset_a_data_eh07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("6e8a278c 0001 0001 CK 0000000000001001 0000000000001008 0000000000001000 55*4096");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void m39_wrongOffset_b_error_eh07(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("6e8a278c 0001 8001 CK 0000000000001001 0000000000000006 00000005 0000");
            rig.expectHard();
            rig.bufferA.assertUntouched();
        }
    }

    @BothModes
    void sr01_dataInOneChunk(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("good");
            rig.expectOk("55*4096");
        }
    }

    @BothModes
    void tx05_dataBehindASimpleReply(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(SIMPLE, threads)) {
            rig.say("good");
            rig.expectOk("55*4096");
        }
    }

    @BothModes
    void eh01_dataInAnExtendedChunk(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say("good");
            rig.expectOk("55*4096");
        }
    }

    @BothModes
    void eh01_holeAndDataInExtendedChunks_sr11(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(EXTENDED, threads)) {
            rig.say(
                    "6e8a278c 0000 0002 CK 0000000000001000 000000000000000c 0000000000001800 00000800 | 6e8a278c 0001 0001 CK 0000000000001000 0000000000000808 0000000000001000 77*2048");
            rig.expectOk("77*2048 00*2048");
        }
    }

    @BothModes
    void sr04_dataBehindDone(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("good | 668e33ef 0000 0001 CK 00000009 0000000000001000 55");
            rig.expectOkThenHard();
        }
    }
}
