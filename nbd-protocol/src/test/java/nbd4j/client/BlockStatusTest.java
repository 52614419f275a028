// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.BlockStatus;
import nbd4j.model.CommandFlag;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;

/** Block status: M36 to M38, M34e, BS, EH-06, EH-09 to EH-12. The range is 64 KiB at 0 of 1 MiB. */
@Timeout(60)
class BlockStatusTest {
    private static final MetaContext BITMAP = new MetaContext(2, "qemu:dirty-bitmap:b");
    private static final String WHOLE = "668e33ef 0001 0005 CK 0000000c 00000001 00010000 00000000";

    /** One block status on the wire. */
    private record Asked(Rig rig, Call<List<BlockStatus>> call, Sent sent) {
        static Asked of(Rig rig, Set<CommandFlag> flags) {
            var call = Call.of(() -> rig.connection.blockStatus(0, 65536, flags));
            return new Asked(rig, call, rig.server.take());
        }

        List<BlockStatus> answers(String script) throws Exception {
            rig.say(script, sent);
            return call.get();
        }
    }

    private static void breaks(ReplyStyle style, ChannelThreads threads, Set<CommandFlag> flags, String script)
            throws Exception {
        try (var rig = Rig.of(style, threads)) {
            var asked = Asked.of(rig, flags);
            rig.say(script, asked.sent());
            rig.expectHard(asked.call());
        }
    }

    private static void breaks(ChannelThreads threads, String script) throws Exception {
        breaks(STRUCTURED, threads, Set.of(), script);
    }

    private static Rig twoContexts(ReplyStyle style, ChannelThreads threads) {
        return Rig.of(Exports.contexts(style, 0x1ded, Exports.BASE, BITMAP), threads);
    }

    private static void answers(
            ReplyStyle style, ChannelThreads threads, Set<CommandFlag> flags, String script, long... pairs)
            throws Exception {
        try (var rig = Rig.of(style, threads)) {
            List<BlockStatus> statuses = Asked.of(rig, flags).answers(script);
            assertThat(statuses).hasSize(1);
            assertThat(statuses.getFirst().context()).isEqualTo(Exports.BASE);
            List<BlockDescriptor> descriptors = statuses.getFirst().descriptors();
            assertThat(descriptors).hasSize(pairs.length / 2);
            for (int i = 0; i < descriptors.size(); i++) {
                assertThat(descriptors.get(i)).isEqualTo(new BlockDescriptor(pairs[2 * i], pairs[2 * i + 1]));
            }
            assertThatThrownBy(() -> descriptors.get(descriptors.size())).isInstanceOf(IndexOutOfBoundsException.class);
            rig.expectUsable();
        }
    }

    @BothModes
    void bs02_bytesOfTheRequest(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var asked = Asked.of(rig, Set.of(CommandFlag.REQ_ONE));
            asked.sent().assertBytes("25609513 0008 0007 CK 0000000000000000 00010000");
            asked.answers(WHOLE);
            rig.expectUsable();
        }
    }

    @BothModes
    void m36_contexts_a_unknownId_bs03(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0005 CK 0000000c 00000063 00010000 00000000");
    }

    @BothModes
    void m36_contexts_b_noStatusAtAll_bs04(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0000 CK 00000000");
    }

    @BothModes
    void m36_contexts_c_twice_bs04(ChannelThreads threads) throws Exception {
        breaks(
                threads,
                "668e33ef 0000 0005 CK 0000000c 00000001 00010000 00000000"
                        + "| 668e33ef 0001 0005 CK 0000000c 00000001 00010000 00000003");
    }

    @BothModes
    void m36_contexts_d_oneOfTwo_bs04(ChannelThreads threads) throws Exception {
        try (var rig = twoContexts(STRUCTURED, threads)) {
            var asked = Asked.of(rig, Set.of());
            rig.say(WHOLE, asked.sent());
            assertThat(rig.expectHard(asked.call())).hasMessageContaining("qemu:dirty-bitmap:b");
        }
    }

    @BothModes
    void m36_contexts_e_inAnyOrder_bs05(ChannelThreads threads) throws Exception {
        try (var rig = twoContexts(STRUCTURED, threads)) {
            List<BlockStatus> statuses = Asked.of(rig, Set.of())
                    .answers("668e33ef 0000 0005 CK 00000014 00000002 00000200 00000001 00000400 00000000 |" + WHOLE);
            assertThat(statuses).extracting(BlockStatus::context).containsExactly(Exports.BASE, BITMAP);
            assertThat(statuses.get(0).descriptors()).containsExactly(new BlockDescriptor(65536, 0));
            assertThat(statuses.get(1).descriptors())
                    .containsExactly(new BlockDescriptor(512, 1), new BlockDescriptor(1024, 0));
            rig.expectUsable();
        }
    }

    @BothModes
    void m36_contexts_f_statusThenError_bs13(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var asked = Asked.of(rig, Set.of());
            rig.say(
                    "668e33ef 0000 0005 CK 0000000c 00000001 00010000 00000000"
                            + "| 668e33ef 0001 8001 CK 00000006 00000005 0000",
                    asked.sent());
            assertThat(asked.call().failure(NbdCommandException.class).error()).isEqualTo(NbdError.EIO);
            rig.expectUsable();
        }
    }

    @BothModes
    void m37_extents_a_noDescriptor_bs02(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0005 CK 00000004 00000001");
    }

    @BothModes
    void m37_extents_b_brokenLength_bs02(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0005 CK 0000000b 00000001 00010000 000000");
        breaks(threads, "668e33ef 0001 0005 CK 0000000f 00000001 00010000 00000000 000000");
    }

    @BothModes
    void m37_extents_c_emptyFirst_bs06(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0005 CK 00000014 00000001 00000000 00000000 00010000 00000000");
    }

    @BothModes
    void m37_extents_d_emptyLater_bs06(ChannelThreads threads) throws Exception {
        breaks(
                threads,
                "668e33ef 0001 0005 CK 0000001c 00000001 00000200 00000000 00000000 00000003 0000fe00 00000000");
    }

    @BothModes
    void m37_extents_e_twoThoughAskedForOne_bs07(ChannelThreads threads) throws Exception {
        breaks(
                STRUCTURED,
                threads,
                Set.of(CommandFlag.REQ_ONE),
                "668e33ef 0001 0005 CK 00000014 00000001 00000200 00000000 00000200 00000003");
    }

    @BothModes
    void m37_extents_f_oneThatIsTooLongIsClipped_bs07(ChannelThreads threads) throws Exception {
        String script = "668e33ef 0001 0005 CK 0000000c 00000001 00020000 00000000";
        answers(STRUCTURED, threads, Set.of(CommandFlag.REQ_ONE), script, 65536, 0);
    }

    @BothModes
    void m37_extents_g_oneBehindTheRange_bs08(ChannelThreads threads) throws Exception {
        breaks(
                threads,
                "668e33ef 0001 0005 CK 0000001c 00000001 00010000 00000000 00000200 00000003 00000200 00000000");
    }

    @BothModes
    void m37_extents_h_oneBehindTheExport_bs09(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0005 CK 00000014 00000001 00100000 00000000 00001000 00000000");
    }

    @BothModes
    void m37_extents_i_pastTheExportIsClipped_bs09(ChannelThreads threads) throws Exception {
        String script = "668e33ef 0001 0005 CK 0000000c 00000001 00200000 00000000";
        answers(STRUCTURED, threads, Set.of(), script, Exports.MIB, 0);
    }

    @BothModes
    void m37_extents_j_shortAndWithUnknownBits_bs10_bs11(ChannelThreads threads) throws Exception {
        String script = "668e33ef 0001 0005 CK 0000000c 00000001 00000200 fffffffc";
        answers(STRUCTURED, threads, Set.of(), script, 512, 0xfffffffcL);
    }

    @BothModes
    void m34_giant_e_moreThan2To20Descriptors_bs12(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0005 CK 0080000c 00000001");
        breaks(
                EXTENDED,
                threads,
                Set.of(),
                "6e8a278c 0001 0006 CK 0000000000000000 0000000001000018 00000001 00100001");
    }

    @BothModes
    void m38_wide_a_countTooLarge_eh10(ChannelThreads threads) throws Exception {
        breaks(
                EXTENDED,
                threads,
                Set.of(),
                "6e8a278c 0001 0006 CK 0000000000000000 0000000000000018 00000001 00000002"
                        + " 0000000000010000 0000000000000000");
    }

    @BothModes
    void m38_wide_b_countZero_eh10(ChannelThreads threads) throws Exception {
        breaks(
                EXTENDED,
                threads,
                Set.of(),
                "6e8a278c 0001 0006 CK 0000000000000000 0000000000000008 00000001 00000000");
    }

    @BothModes
    void m38_wide_c_narrowChunkUnderExtendedHeaders_eh09(ChannelThreads threads) throws Exception {
        breaks(
                EXTENDED,
                threads,
                Set.of(),
                "6e8a278c 0001 0005 CK 0000000000000000 000000000000000c 00000001 00010000 00000000");
    }

    @BothModes
    void m38_wide_d_wideChunkUnderStructuredReplies_eh09(ChannelThreads threads) throws Exception {
        breaks(threads, "668e33ef 0001 0006 CK 00000018 00000001 00000001 0000000000010000 0000000000000000");
    }

    @BothModes
    void m38_wide_e_sumWraps_bs14(ChannelThreads threads) throws Exception {
        breaks(
                EXTENDED,
                threads,
                Set.of(),
                "6e8a278c 0001 0006 CK 0000000000000000 0000000000000028 00000001 00000002 fffffffffffff000"
                        + " 0000000000000000 0000000000002000 0000000000000000");
    }

    @BothModes
    void m38_wide_f_2To63IsClipped_eh12(ChannelThreads threads) throws Exception {
        String script = "6e8a278c 0001 0006 CK 0000000000000000 0000000000000018 00000001 00000001"
                + " 8000000000000000 0000000000000000";
        answers(EXTENDED, threads, Set.of(), script, Exports.MIB, 0);
    }

    @BothModes
    void m38_wide_g_bit40InABaseContext_eh11(ChannelThreads threads) throws Exception {
        breaks(
                EXTENDED,
                threads,
                Set.of(),
                "6e8a278c 0001 0006 CK 0000000000000000 0000000000000018 00000001 00000001 0000000000010000"
                        + " 0000010000000000");
    }

    @BothModes
    void eh06_selectsContextsByAPayload(ChannelThreads threads) throws Exception {
        try (var rig = twoContexts(EXTENDED, threads)) {
            var call = Call.of(() -> rig.connection.blockStatus(0, 65536, Set.of(), List.of(BITMAP.name())));
            Sent sent = rig.server.take();
            sent.assertBytes("21e41c71 0020 0007 CK 0000000000000000 000000000000000c 0000000000010000 00000002");
            rig.say(
                    "6e8a278c 0001 0006 CK 0000000000000000 0000000000000018 00000002 00000001 0000000000010000"
                            + " 0000000100000001",
                    sent);
            assertThat(call.get())
                    .containsExactly(new BlockStatus(BITMAP, List.of(new BlockDescriptor(65536, 0x1_0000_0001L))));
            rig.expectUsable();
        }
    }

    @BothModes
    void eh06_anAnswerForAContextThatWasNotSelected(ChannelThreads threads) throws Exception {
        try (var rig = twoContexts(EXTENDED, threads)) {
            var call = Call.of(() -> rig.connection.blockStatus(0, 65536, Set.of(), List.of(BITMAP.name())));
            rig.say(
                    "6e8a278c 0001 0006 CK 0000000000000000 0000000000000018 00000001 00000001 0000000000010000"
                            + " 0000000000000000",
                    rig.server.take());
            rig.expectHard(call);
        }
    }

    /** What was selected is answered rightly here, so that only the other context is the breach. */
    @BothModes
    void eh06_anAnswerForMoreContextsThanWereSelected(ChannelThreads threads) throws Exception {
        try (var rig = twoContexts(EXTENDED, threads)) {
            var call = Call.of(() -> rig.connection.blockStatus(0, 65536, Set.of(), List.of(BITMAP.name())));
            String status = " CK 0000000000000000 0000000000000018 %s 00000001 0000000000010000 0000000000000000 ";
            rig.say(
                    "6e8a278c 0000 0006" + status.formatted("00000002") + "6e8a278c 0001 0006"
                            + status.formatted("00000001"),
                    rig.server.take());
            assertThat(rig.expectHard(call)).hasMessageContaining("context id 1, not asked for");
        }
    }

    @BothModes
    void eh06_noAnswerForAContextThatWasSelected(ChannelThreads threads) throws Exception {
        try (var rig = twoContexts(EXTENDED, threads)) {
            var call = Call.of(() -> rig.connection.blockStatus(0, 65536, Set.of(), List.of(BITMAP.name())));
            rig.say("6e8a278c 0001 0000 CK 0000000000000000 0000000000000000", rig.server.take());
            assertThat(rig.expectHard(call)).hasMessageContaining("qemu:dirty-bitmap:b");
        }
    }

    @BothModes
    void eh06_selectingIsRefusedWhereItIsNotOffered(ChannelThreads threads) {
        try (var rig = Rig.of(EXTENDED, threads)) {
            assertThatThrownBy(() -> rig.connection.blockStatus(0, 512, Set.of(), List.of(Exports.BASE.name())))
                    .isInstanceOf(IllegalStateException.class);
        }
        try (var rig = twoContexts(EXTENDED, threads)) {
            assertThatThrownBy(() -> rig.connection.blockStatus(0, 512, Set.of(), List.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> rig.connection.blockStatus(0, 512, Set.of(), List.of("x:y")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("qemu:dirty-bitmap:b");
        }
    }

    @BothModes
    void bs10_extentsGoesOnUntilTheRangeIsCovered(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.of(() -> rig.connection.extents("base:allocation", 0, 4096));
            Sent first = rig.server.take();
            rig.say("668e33ef 0001 0005 CK 0000000c 00000001 00000201 00000000", first);
            Sent second = rig.server.take();
            second.assertBytes("25609513 0000 0007 CK 0000000000000201 00000dff");
            rig.say("668e33ef 0001 0005 CK 00000014 00000001 000001ff 00000000 00000200 00000003", second);
            Sent third = rig.server.take();
            third.assertBytes("25609513 0000 0007 CK 0000000000000600 00000a00");
            rig.say("668e33ef 0001 0005 CK 0000000c 00000001 00100000 00000000", third);
            assertThat(call.get())
                    .containsExactly(new Extent(0, 1024, 0), new Extent(1024, 512, 3), new Extent(1536, 2560, 0));
            rig.expectUsable();
        }
    }
}
