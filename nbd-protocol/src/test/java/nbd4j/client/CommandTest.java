// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockSizes;
import nbd4j.model.ClientCheck;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import nbd4j.model.ReadChunk;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;

/** The bytes of each command, and what is refused before a byte is sent: SZ, CMD, TX-01, EH-04 to EH-06, EH-14. */
@Timeout(60)
class CommandTest {
    private static final long GIB = 1L << 30;

    private interface Command {
        void run(NbdConnection connection) throws Exception;
    }

    /** Makes one call, asserts the bytes of its one request, and answers it with success. */
    private static void sends(Rig rig, String expected, Command command) throws Exception {
        var call = Call.start(() -> command.run(rig.connection));
        Sent sent = rig.server.take();
        sent.assertBytes(expected);
        rig.say(sent.type() == Sent.READ ? rig.good(sent, 0x42) : rig.done(sent), sent);
        call.get();
        rig.server.assertNothingMore();
    }

    private static void refuses(Rig rig, Class<? extends Exception> kind, Command command) {
        int before = rig.server.bytesTaken();
        assertThatThrownBy(() -> command.run(rig.connection)).isInstanceOf(kind);
        assertThat(rig.server.bytesTaken()).isEqualTo(before);
    }

    private static ByteBuffer bytes(int length, int value) {
        var buffer = ByteBuffer.allocateDirect(length);
        while (buffer.hasRemaining()) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }

    @BothModes
    void tx01_compactRequests_cmd03_cmd05_ord06(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            sends(rig, "25609513 0000 0000 CK 0000000000001000 00001000", c -> c.read(4096, bytes(4096, 0)));
            sends(
                    rig,
                    "25609513 0001 0001 CK 0000000000000000 00000200 3c*512",
                    c -> c.write(0, bytes(512, 0x3c), Set.of(CommandFlag.FUA)));
            sends(rig, "25609513 0000 0003 CK 0000000000000000 00000000", NbdConnection::flush);
            sends(
                    rig,
                    "25609513 0001 0004 CK 0000000000000200 00000400",
                    c -> c.trim(512, 1024, Set.of(CommandFlag.FUA)));
            sends(rig, "25609513 0000 0005 CK 0000000000000200 00000400", c -> c.cache(512, 1024));
            sends(
                    rig,
                    "25609513 0012 0006 CK 0000000000000200 00000400",
                    c -> c.writeZeroes(512, 1024, Set.of(CommandFlag.NO_HOLE, CommandFlag.FAST_ZERO)));
        }
    }

    @BothModes
    void eh01_extendedRequests_eh04_eh05(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(EXTENDED, threads)) {
            sends(rig, "21e41c71 0000 0000 CK 0000000000001000 0000000000001000", c -> c.read(4096, bytes(4096, 0)));
            sends(
                    rig,
                    "21e41c71 0020 0001 CK 0000000000000000 0000000000000200 3c*512",
                    c -> c.write(0, bytes(512, 0x3c)));
            sends(
                    rig,
                    "21e41c71 0021 0001 CK 0000000000000000 0000000000000200 3c*512",
                    c -> c.write(0, bytes(512, 0x3c), Set.of(CommandFlag.FUA)));
            sends(rig, "21e41c71 0000 0004 CK 0000000000000200 0000000000000400", c -> c.trim(512, 1024, Set.of()));
            sends(rig, "21e41c71 0000 0005 CK 0000000000000200 0000000000000400", c -> c.cache(512, 1024));
            sends(rig, "21e41c71 0000 0003 CK 0000000000000000 0000000000000000", NbdConnection::flush);
        }
    }

    @BothModes
    void cmd06_noHoleWithoutTrim(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(Exports.flagged(STRUCTURED, 0x41), threads)) {
            sends(
                    rig,
                    "25609513 0002 0006 CK 0000000000000000 00000200",
                    c -> c.writeZeroes(0, 512, Set.of(CommandFlag.NO_HOLE)));
        }
    }

    @BothModes
    void cmd07_refusedFastZeroLeavesTheConnectionGood(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.start(() -> rig.connection.writeZeroes(0, 512, Set.of(CommandFlag.FAST_ZERO)));
            rig.say("67446698 0000005f CK", rig.server.take());
            assertThat(call.failure(NbdCommandException.class).error()).isEqualTo(NbdError.ENOTSUP);
            rig.expectUsable();
        }
    }

    /** Whatever was trimmed or zeroed, each read asks the server. */
    @BothModes
    void cmd09_readsFromTheServerWhatWasTrimmedOrZeroed(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            sends(rig, "25609513 0000 0004 CK 0000000000002000 00000200", c -> c.trim(Rig.B, 0x200, Set.of()));
            rig.expectUsable();
            sends(rig, "25609513 0000 0006 CK 0000000000002000 00000200", c -> c.writeZeroes(Rig.B, 0x200, Set.of()));
            rig.expectUsable();
        }
    }

    @BothModes
    void cmd10_aRefusedCacheLeavesTheConnectionGood(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(SIMPLE, threads)) {
            var call = Call.start(() -> rig.connection.cache(0, 512));
            rig.say("67446698 00000016 CK", rig.server.take());
            call.failure(NbdCommandException.class);
            rig.expectUsable();
        }
    }

    @BothModes
    void cmd01_flagsOfOtherCommands(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            for (CommandFlag flag : CommandFlag.values()) {
                Set<CommandFlag> flags = Set.of(flag);
                Class<? extends Exception> no = IllegalArgumentException.class;
                if (flag != CommandFlag.DF) {
                    refuses(rig, no, c -> c.read(0, bytes(512, 0), flags));
                    refuses(rig, no, c -> c.readChunks(0, bytes(512, 0), flags));
                }
                if (flag != CommandFlag.FUA) {
                    refuses(rig, no, c -> c.write(0, bytes(512, 0), flags));
                    refuses(rig, no, c -> c.trim(0, 512, flags));
                }
                if (!Set.of(CommandFlag.FUA, CommandFlag.NO_HOLE, CommandFlag.FAST_ZERO)
                        .contains(flag)) {
                    refuses(rig, no, c -> c.writeZeroes(0, 512, flags));
                }
                if (flag != CommandFlag.REQ_ONE) {
                    refuses(rig, no, c -> c.blockStatus(0, 512, flags));
                }
            }
            rig.expectUsable();
        }
    }

    @BothModes
    void cmd02_whatTheServerDoesNotOffer_bs01(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(Exports.flagged(SIMPLE, 1), threads)) {
            Class<? extends Exception> no = IllegalStateException.class;
            refuses(rig, no, NbdConnection::flush);
            refuses(rig, no, c -> c.trim(0, 512, Set.of()));
            refuses(rig, no, c -> c.cache(0, 512));
            refuses(rig, no, c -> c.writeZeroes(0, 512, Set.of()));
            refuses(rig, no, c -> c.write(0, bytes(512, 0), Set.of(CommandFlag.FUA)));
            refuses(rig, no, c -> c.read(0, bytes(512, 0), Set.of(CommandFlag.DF)));
            refuses(rig, no, c -> c.blockStatus(0, 512, Set.of()));
            Call.start(rig.connection::close).get();
            rig.server.take().assertBytes("25609513 0000 0002 CK 0000000000000000 00000000");
            rig.server.assertNothingMore();
        }
        try (var rig = Rig.of(Exports.flagged(STRUCTURED, 0x41), threads)) {
            refuses(rig, IllegalStateException.class, c -> c.writeZeroes(0, 512, Set.of(CommandFlag.FAST_ZERO)));
        }
    }

    @BothModes
    void cmd02_writesToAReadOnlyExport(ChannelThreads threads) {
        try (var rig = Rig.of(Exports.flagged(STRUCTURED, 0x0def), threads)) {
            refuses(rig, IllegalStateException.class, c -> c.write(0, bytes(512, 0)));
            refuses(rig, IllegalStateException.class, c -> c.trim(0, 512, Set.of()));
            refuses(rig, IllegalStateException.class, c -> c.writeZeroes(0, 512, Set.of()));
        }
    }

    @BothModes
    void sz02_multiplesOfTheMinimumBlock_sz10(ChannelThreads threads) throws Exception {
        var sizes = new BlockSizes(4096, 4096, 32 << 20);
        try (var rig = Rig.of(Exports.sized(STRUCTURED, Exports.MIB + 512, sizes), threads)) {
            Class<? extends Exception> no = IllegalArgumentException.class;
            refuses(rig, no, c -> c.read(512, bytes(512, 0)));
            refuses(rig, no, c -> c.read(0, bytes(512, 0)));
            refuses(rig, no, c -> c.write(4095, bytes(4096, 0)));
            refuses(rig, no, c -> c.trim(512, 4096, Set.of()));
            refuses(rig, no, c -> c.writeZeroes(0, 4097, Set.of()));
            refuses(rig, no, c -> c.cache(1, 4096));
            refuses(rig, no, c -> c.blockStatus(0, 512, Set.of()));
            refuses(rig, no, c -> c.read(Exports.MIB, bytes(512, 0)));
            sends(rig, "25609513 0000 0000 CK 00000000000ff000 00001000", c -> c.read(0xff000, bytes(4096, 0)));
        }
    }

    @BothModes
    void sz03_outsideTheExport(ChannelThreads threads) {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            Class<? extends Exception> no = IllegalArgumentException.class;
            refuses(rig, no, c -> c.read(Exports.MIB - 1, bytes(2, 0)));
            refuses(rig, no, c -> c.read(Long.MAX_VALUE, bytes(10, 0)));
            refuses(rig, no, c -> c.read(-1, bytes(1, 0)));
            refuses(rig, no, c -> c.write(Exports.MIB, bytes(1, 0)));
            refuses(rig, no, c -> c.trim(1, Long.MAX_VALUE, Set.of()));
            refuses(rig, no, c -> c.trim(0, -1, Set.of()));
            refuses(rig, no, c -> c.writeZeroes(Exports.MIB - 1, 2, Set.of()));
            refuses(rig, no, c -> c.blockStatus(0, Exports.MIB + 1, Set.of()));
            refuses(rig, no, c -> c.extents("base:allocation", 0, Exports.MIB + 1));
            refuses(rig, no, c -> c.extents("base:other", 0, 512));
        }
    }

    /** Answers all requests of a call; returns their ranges as text. */
    private static String ranges(Rig rig, int count, Command command) throws Exception {
        var call = Call.start(() -> command.run(rig.connection));
        var ranges = new StringBuilder();
        for (int i = 0; i < count; i++) {
            Sent sent = rig.server.take();
            ranges.append(sent.offset()).append('+').append(sent.length()).append(' ');
            rig.say(sent.type() == Sent.READ ? rig.good(sent, 0x42) : rig.done(sent), sent);
        }
        call.get();
        rig.server.assertNothingMore();
        return ranges.toString().strip();
    }

    @BothModes
    void sz04_splitAtTheMaximumPayload_sz05_sz09(ChannelThreads threads) throws Exception {
        for (ReplyStyle style : ReplyStyle.values()) {
            try (var rig = Rig.of(Exports.sized(style, Exports.MIB, new BlockSizes(512, 4096, 4096)), threads)) {
                String parts = "1024+4096 5120+4096 9216+512";
                assertThat(ranges(rig, 3, c -> c.write(1024, bytes(8704, 0)))).isEqualTo(parts);
                var into = new Guarded(8704, true);
                assertThat(ranges(rig, 3, c -> c.read(1024, into.buffer()))).isEqualTo(parts);
                assertThat(into.bytes()).containsOnly(0x42);
                into.assertGuards();
                assertThat(ranges(rig, 3, c -> c.readChunks(1024, bytes(8704, 0), Set.of())))
                        .isEqualTo(parts);
                assertThat(ranges(rig, 1, c -> c.trim(0, 65536, Set.of()))).isEqualTo("0+65536");
            }
        }
    }

    @BothModes
    void sz07_nothingLargerThan32MiB_sz08(ChannelThreads threads) throws Exception {
        for (long maximum : new long[] {0xFFFF_FFFFL, 33L << 20, 32L << 20}) {
            var export = Exports.sized(STRUCTURED, GIB, new BlockSizes(1, 4096, maximum));
            try (var rig = Rig.of(export, threads)) {
                assertThat(ranges(rig, 2, c -> c.write(0, ByteBuffer.allocateDirect((32 << 20) + 512))))
                        .isEqualTo("0+33554432 33554432+512");
            }
        }
    }

    @BothModes
    void eh13_readsOf32MiBAtMostInWhateverWayOfReplying_sz07_sz11(ChannelThreads threads) throws Exception {
        for (ReplyStyle style : ReplyStyle.values()) {
            try (var rig = Rig.of(Exports.sized(style, GIB, BlockSizes.UNADVERTISED), threads)) {
                ByteBuffer into = ByteBuffer.allocateDirect((32 << 20) + 512);
                assertThat(ranges(rig, 2, c -> c.read(0, into))).isEqualTo("0+33554432 33554432+512");
                assertThat(into.flip().mismatch(bytes((32 << 20) + 512, 0x42))).isEqualTo(-1);
            }
        }
    }

    @BothModes
    void sz06_longRangesAreSplitWhereTheyMustBe_eh14(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(Exports.sized(STRUCTURED, 16 * GIB, BlockSizes.UNADVERTISED), threads)) {
            assertThat(ranges(rig, 3, c -> c.trim(0, 5 * GIB, Set.of())))
                    .isEqualTo("0+2147418112 2147418112+2147418112 4294836224+" + (5 * GIB - 2 * 2147418112L));
        }
        try (var rig = Rig.of(Exports.sized(EXTENDED, 16 * GIB, BlockSizes.UNADVERTISED), threads)) {
            sends(
                    rig,
                    "21e41c71 0002 0006 CK 0000000000000000 0000000200000000",
                    c -> c.writeZeroes(0, 8 * GIB, Set.of(CommandFlag.NO_HOLE)));
        }
    }

    @BothModes
    void sz12_nothingIsSentForNothing_cmd11(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            int before = rig.server.bytesTaken();
            rig.connection.read(0, bytes(0, 0));
            rig.connection.read(0, new ByteBuffer[] {bytes(0, 0)}, Set.of());
            rig.connection.write(Exports.MIB, bytes(0, 0));
            rig.connection.trim(0, 0, Set.of());
            rig.connection.cache(0, 0);
            rig.connection.writeZeroes(0, 0, Set.of());
            assertThat(rig.connection.readChunks(0, bytes(0, 0), Set.of())).isEmpty();
            assertThat(rig.connection.blockStatus(0, 0, Set.of())).isEmpty();
            assertThat(rig.connection.extents("base:allocation", 0, 0)).isEmpty();
            assertThat(rig.server.bytesTaken()).isEqualTo(before);
        }
    }

    @BothModes
    void readsScatteredAndWritesGathered_tx02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(Exports.sized(STRUCTURED, Exports.MIB, new BlockSizes(1, 4096, 4096)), threads)) {
            ByteBuffer[] from = {bytes(100, 1), bytes(0, 0), bytes(5000, 2)};
            var write = Call.start(() -> rig.connection.write(0, from, Set.of()));
            Sent first = rig.server.take();
            first.assertBytes("25609513 0000 0001 CK 0000000000000000 00001000 01*100 02*3996");
            Sent second = rig.server.take();
            second.assertBytes("25609513 0000 0001 CK 0000000000001000 000003ec 02*1004");
            rig.say(rig.done(second), second).say(rig.done(first), first);
            write.get();

            var left = new Guarded(1000, true);
            var right = new Guarded(2000, false);
            var read = Call.start(
                    () -> rig.connection.read(0, new ByteBuffer[] {left.buffer(), right.buffer()}, Set.of()));
            rig.say(
                    "668e33ef 0000 0001 CK 00000800 0000000000000000 11*999 22*1041"
                            + "| 668e33ef 0000 0002 CK 0000000c 00000000000007f8 00000001"
                            + "| 668e33ef 0001 0001 CK 000003c7 00000000000007f9 33*959",
                    rig.server.take());
            read.get();
            assertThat(Hex.of(left.bytes())).isEqualTo(Hex.of(Hex.bytes("11*999 22*1", 0)));
            assertThat(Hex.of(right.bytes())).isEqualTo(Hex.of(Hex.bytes("22*1040 00 33*959", 0)));
            left.assertGuards();
            right.assertGuards();
        }
    }

    @BothModes
    void aReadOnlyDestinationIsRefusedHere(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            ByteBuffer into = bytes(512, 0).asReadOnlyBuffer();
            refuses(rig, IllegalArgumentException.class, c -> c.read(0, into));
            refuses(rig, IllegalArgumentException.class, c -> c.read(0, new ByteBuffer[] {into}, Set.of()));
            refuses(rig, IllegalArgumentException.class, c -> c.readChunks(0, into, Set.of()));
            sends(
                    rig,
                    "25609513 0000 0001 CK 0000000000000000 00000200 3c*512",
                    c -> c.write(0, bytes(512, 0x3c).asReadOnlyBuffer()));
        }
    }

    @BothModes
    void everyCheckCanBeSwitchedOff(ChannelThreads threads) throws Exception {
        Export export = Exports.contexts(SIMPLE, 0x03, new MetaContext[0]);
        var options = Rig.OPTIONS.withThreads(threads).withChecks(EnumSet.noneOf(ClientCheck.class));
        try (var rig = new Rig(export, options)) {
            sends(
                    rig,
                    "25609513 0004 0000 CK 0000000000100000 00000000",
                    c -> c.read(Exports.MIB, bytes(0, 0), Set.of(CommandFlag.DF)));
            sends(
                    rig,
                    "25609513 0008 0004 CK 0000000000000001 00000001",
                    c -> c.trim(1, 1, Set.of(CommandFlag.REQ_ONE)));
            sends(rig, "25609513 0000 0003 CK 0000000000000000 00000000", NbdConnection::flush);
        }
    }

    @BothModes
    void readChunksTellsDataFromHoles(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var into = new Guarded(0x1000, true);
            var call = Call.of(() -> rig.connection.readChunks(Rig.A, into.buffer(), Set.of()));
            rig.say(
                    "668e33ef 0000 0001 CK 00000808 0000000000001800 66*2048"
                            + "| 668e33ef 0001 0002 CK 0000000c 0000000000001000 00000800",
                    rig.server.take());
            List<ReadChunk> chunks = call.get();
            assertThat(chunks).hasSize(2);
            assertThat(chunks.get(0)).isEqualTo(new ReadChunk.Hole(0x1000, 0x800));
            assertThat(chunks.get(1).offset()).isEqualTo(0x1800);
            assertThat(chunks.get(1).length()).isEqualTo(0x800);
            assertThat(Hex.of(into.bytes())).isEqualTo(Hex.of(Hex.bytes("00*2048 66*2048", 0)));
            into.assertGuards();
        }
    }
}
