// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.BlockSizes;
import nbd4j.model.BlockStatus;
import nbd4j.model.NbdCommandException;
import nbd4j.model.ReplyStyle;
import nbd4j.wire.Edges;
import org.junit.jupiter.api.Timeout;

/**
 * Any offset and any length, from the server or from the caller: inside the request or the export it is taken, outside it
 * is refused, and no byte is stored or sent. What is inside is decided here with numbers that cannot overflow. PBT-08.
 */
@Timeout(120)
class UnsignedFromTheWireTest {
    private static final int TRIES = 300;
    private static final int LENGTH = 0x1000;

    private final Edges edges = Edges.ofNow();

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }

    private static boolean inside(long offset, long length, long start, long end) {
        return unsigned(offset).compareTo(unsigned(start)) >= 0
                && unsigned(offset).add(unsigned(length)).compareTo(unsigned(end)) <= 0;
    }

    /** Near the request as often as near the limits of numbers. */
    private long offset() {
        return switch (edges.random().nextInt(4)) {
            case 0 -> edges.u64();
            case 1 -> Rig.A + LENGTH + edges.random().nextInt(5) - 2;
            default -> Rig.A + edges.random().nextInt(LENGTH + 4) - 2;
        };
    }

    private long length() {
        return switch (edges.random().nextInt(4)) {
            case 0 -> edges.u64();
            case 1 -> LENGTH + edges.random().nextInt(5) - 2;
            default -> edges.random().nextInt(16);
        };
    }

    private ReplyStyle style() {
        return edges.random().nextBoolean() ? STRUCTURED : EXTENDED;
    }

    private static String chunk(ReplyStyle style, boolean done, int type, long offset, long length, String payload) {
        return style == STRUCTURED
                ? "668e33ef 000%d %04x CK %08x %s ".formatted(done ? 1 : 0, type, length & 0xFFFF_FFFFL, payload)
                : "6e8a278c 000%d %04x CK %016x %016x %s ".formatted(done ? 1 : 0, type, offset, length, payload);
    }

    private static String hole(ReplyStyle style, long from, long to) {
        return from == to ? "" : chunk(style, false, 2, Rig.A, 12, "%016x %08x".formatted(from, to - from));
    }

    @BothModes
    void pbt08_dataIsInsideTheRequestOrABreach_sr06_sr08_sr22_eh08(ChannelThreads threads) throws Exception {
        int taken = 0;
        for (int i = 0; i < TRIES; i++) {
            ReplyStyle style = style();
            long offset = offset();
            long sent = 8 + length();
            long chunkLength = style == STRUCTURED ? sent & 0xFFFF_FFFFL : sent;
            long length = chunkLength - 8;
            boolean legal = unsigned(chunkLength).compareTo(BigInteger.valueOf(8)) > 0
                    && inside(offset, length, Rig.A, Rig.A + LENGTH);
            String what = "%s of %x at %x, %s".formatted(style, chunkLength, offset, edges);
            try (var rig = Rig.readingA(style, threads)) {
                if (!legal) {
                    rig.say(chunk(style, false, 1, Rig.A, chunkLength, "%016x 5a*16".formatted(offset)));
                    assertThat(rig.expectHard()).as(what).isNotNull();
                    rig.bufferA.assertUntouched();
                    continue;
                }
                taken++;
                rig.say(chunk(style, false, 1, Rig.A, chunkLength, "%016x 5a*%d".formatted(offset, length))
                        + hole(style, Rig.A, offset)
                        + hole(style, offset + length, Rig.A + LENGTH)
                        + chunk(style, true, 0, Rig.A, 0, ""));
                byte[] expected = new byte[LENGTH];
                int from = (int) (offset - Rig.A);
                Arrays.fill(expected, from, from + (int) length, (byte) 0x5a);
                rig.callA().get();
                assertThat(rig.bufferA.bytes()).as(what).isEqualTo(expected);
                rig.bufferA.assertGuards();
            }
        }
        assertThat(taken).as("%s", edges).isBetween(20, TRIES - 20);
    }

    @BothModes
    void pbt08_aHoleIsInsideTheRequestOrABreach_sr07_sr08(ChannelThreads threads) throws Exception {
        int taken = 0;
        for (int i = 0; i < TRIES; i++) {
            ReplyStyle style = style();
            long offset = offset();
            long length = length() & 0xFFFF_FFFFL;
            boolean legal = length > 0 && inside(offset, length, Rig.A, Rig.A + LENGTH);
            String what = "%s of %x at %x, %s".formatted(style, length, offset, edges);
            String hole = chunk(style, false, 2, Rig.A, 12, "%016x %08x".formatted(offset, length));
            try (var rig = Rig.readingA(style, threads)) {
                if (!legal) {
                    rig.say(hole);
                    assertThat(rig.expectHard()).as(what).isNotNull();
                    rig.bufferA.assertUntouched();
                    continue;
                }
                taken++;
                rig.say(hole(style, Rig.A, offset)
                        + hole
                        + hole(style, offset + length, Rig.A + LENGTH)
                        + chunk(style, true, 0, Rig.A, 0, ""));
                rig.callA().get();
                assertThat(rig.bufferA.bytes()).as(what).containsOnly(0);
                rig.bufferA.assertGuards();
            }
        }
        assertThat(taken).as("%s", edges).isBetween(20, TRIES - 20);
    }

    @BothModes
    void pbt08_anErrorsOffsetIsInsideTheRequestOrABreach_sr16(ChannelThreads threads) throws Exception {
        int taken = 0;
        for (int i = 0; i < TRIES; i++) {
            ReplyStyle style = style();
            long offset = offset();
            String what = "%s at %x, %s".formatted(style, offset, edges);
            try (var rig = Rig.readingA(style, threads)) {
                rig.say(chunk(style, true, 0x8002, Rig.A, 14, "00000005 0000 %016x".formatted(offset)));
                if (inside(offset, 1, Rig.A, Rig.A + LENGTH)) {
                    taken++;
                    assertThat(rig.callA().failure(NbdCommandException.class).errorOffset())
                            .as(what)
                            .hasValue(offset);
                } else {
                    assertThat(rig.expectHard()).as(what).isNotNull();
                }
                rig.bufferA.assertUntouched();
            }
        }
        assertThat(taken).as("%s", edges).isBetween(20, TRIES - 20);
    }

    @BothModes
    void pbt08_anyStatusIsClippedToTheExportOrABreach_bs06_bs09_eh11_eh12(ChannelThreads threads) throws Exception {
        for (int i = 0; i < TRIES; i++) {
            ReplyStyle style = style();
            long length = style == STRUCTURED ? length() & 0xFFFF_FFFFL : length();
            long flags = style == STRUCTURED ? edges.u32() : edges.random().nextBoolean() ? edges.u32() : edges.u64();
            String what = "%s of %x with %x, %s".formatted(style, length, flags, edges);
            try (var rig = Rig.of(style, threads)) {
                var call = Call.of(() -> rig.connection.blockStatus(Rig.A, LENGTH, Set.of()));
                rig.say(
                        style == STRUCTURED
                                ? chunk(style, true, 5, Rig.A, 12, "00000001 %08x %08x".formatted(length, flags))
                                : chunk(
                                        style,
                                        true,
                                        6,
                                        Rig.A,
                                        24,
                                        "00000001 00000001 %016x %016x".formatted(length, flags)),
                        rig.server.take());
                if (length == 0 || flags >>> 32 != 0) {
                    assertThat(rig.expectHard(call)).as(what).isNotNull();
                    continue;
                }
                long clipped = unsigned(length)
                        .min(BigInteger.valueOf(Exports.MIB - Rig.A))
                        .longValueExact();
                assertThat(call.get())
                        .as(what)
                        .isEqualTo(
                                List.of(new BlockStatus(Exports.BASE, List.of(new BlockDescriptor(clipped, flags)))));
            }
        }
    }

    @BothModes
    void pbt08_aCallersRangeIsSentAsItIsOrRefused_sz03_eh14(ChannelThreads threads) throws Exception {
        for (long size : new long[] {Exports.MIB, 1L << 32, Long.MAX_VALUE}) {
            int taken = 0;
            try (var rig = Rig.of(Exports.sized(EXTENDED, size, BlockSizes.UNADVERTISED), threads)) {
                for (int i = 0; i < TRIES; i++) {
                    long offset = edges.random().nextBoolean()
                            ? edges.u64()
                            : size - edges.random().nextInt(5000);
                    long length = edges.random().nextBoolean()
                            ? edges.u64()
                            : 1 + edges.random().nextInt(5000);
                    if (length == 0) {
                        continue;
                    }
                    String what = "%x at %x of %x, %s".formatted(length, offset, size, edges);
                    int before = rig.server.bytesTaken();
                    if (offset < 0 || length < 0 || !inside(offset, length, 0, size)) {
                        assertThatThrownBy(() -> rig.connection.trim(offset, length, Set.of()))
                                .as(what)
                                .isInstanceOf(IllegalArgumentException.class);
                        assertThat(rig.server.bytesTaken()).as(what).isEqualTo(before);
                        continue;
                    }
                    taken++;
                    var call = Call.start(() -> rig.connection.trim(offset, length, Set.of()));
                    Sent sent = rig.server.take();
                    sent.assertBytes("21e41c71 0000 0004 CK %016x %016x".formatted(offset, length));
                    rig.say(rig.done(sent), sent);
                    call.get();
                }
            }
            assertThat(taken).as("%d, %s", size, edges).isBetween(10, TRIES - 10);
        }
    }
}
