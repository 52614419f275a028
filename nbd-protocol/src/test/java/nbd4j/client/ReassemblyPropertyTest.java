// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import nbd4j.model.NbdException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;

/** Reads put together from random chunks, right and wrong, in random segments: PBT-02, PBT-03, SR-09 to SR-11. */
@Timeout(120)
class ReassemblyPropertyTest {
    private static final int TRIES = 1000;
    private static final int LENGTH = 4096;

    /** One content chunk; data if it has a fill, else a hole. Offsets are those of the export. */
    private record Part(long offset, int length, boolean data) {
        String chunk() {
            return data
                    ? "668e33ef 0000 0001 CK %08x %016x 5a*%d ".formatted(length + 8, offset, length)
                    : "668e33ef 0000 0002 CK 0000000c %016x %08x ".formatted(offset, length);
        }
    }

    private static List<Part> partition(Random random) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        while (at < LENGTH) {
            int length = Math.min(LENGTH - at, 1 + random.nextInt(random.nextBoolean() ? 64 : 2048));
            parts.add(new Part(Rig.A + at, length, random.nextInt(3) > 0));
            at += length;
        }
        if (random.nextInt(4) > 0) {
            Collections.shuffle(parts, random);
        }
        return parts;
    }

    private static String script(List<Part> parts) {
        var script = new StringBuilder();
        parts.forEach(part -> script.append(part.chunk()));
        return script + "668e33ef 0001 0000 CK 00000000";
    }

    /** Brings one defect into a partition. */
    private static void spoil(List<Part> parts, Random random) {
        int index = random.nextInt(parts.size());
        Part part = parts.get(index);
        switch (random.nextInt(7)) {
            case 0 -> parts.remove(index);
            case 1 -> parts.add(random.nextInt(parts.size() + 1), part);
            case 2 -> parts.set(index, new Part(part.offset() - 1, part.length(), part.data()));
            case 3 -> parts.set(index, new Part(part.offset(), part.length() + 1, part.data()));
            case 4 -> parts.set(index, new Part(part.offset(), 0, part.data()));
            case 5 -> parts.set(index, new Part(part.offset() + Long.MIN_VALUE, part.length(), part.data()));
            default -> parts.set(index, new Part(part.offset() + LENGTH, part.length(), part.data()));
        }
    }

    @BothModes
    void pbt03_anyPartitionGivesTheBytes_pbt02(ChannelThreads threads) throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        try (var rig = Rig.of(STRUCTURED, threads)) {
            // The server's bytes arrive in pieces of any size.
            rig.server.segments(() -> 1 + random.nextInt(random.nextBoolean() ? 3 : 5000));
            for (int i = 0; i < TRIES; i++) {
                var buffer = new Guarded(LENGTH, i % 2 == 0);
                var call = Call.start(() -> rig.connection.read(Rig.A, buffer.buffer()));
                List<Part> parts = partition(random);
                rig.say(script(parts), rig.server.take());
                call.get();
                byte[] expected = new byte[LENGTH];
                for (Part part : parts) {
                    int from = (int) (part.offset() - Rig.A);
                    Arrays.fill(expected, from, from + part.length(), (byte) (part.data() ? 0x5a : 0));
                }
                assertThat(buffer.bytes()).as("try %d of seed %d", i, seed).isEqualTo(expected);
                buffer.assertGuards();
            }
        }
    }

    @BothModes
    void pbt03_oneDefectIsAlwaysFound_sec12(ChannelThreads threads) throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < TRIES; i++) {
            try (var rig = Rig.readingA(STRUCTURED, threads)) {
                List<Part> parts = partition(random);
                spoil(parts, random);
                rig.say(script(parts));
                var failure = rig.callA().failure(NbdException.class);
                assertThat(failure)
                        .as("try %d of seed %d: %s", i, seed, parts)
                        .isInstanceOf(NbdProtocolException.class);
                rig.bufferA.assertGuards();
            }
        }
    }

    @BothModes
    void pbt02_everySegmentationOfEveryStyle_gen06(ChannelThreads threads) throws Exception {
        for (ReplyStyle style : ReplyStyle.values()) {
            for (int size : new int[] {1, 2, 3, 7, 15, 16, 17, 31, 33, 4095}) {
                try (var rig = Rig.of(style, threads)) {
                    rig.server.segments(() -> size);
                    rig.readA().say("good").expectOk("55*4096");
                }
            }
        }
    }

    @BothModes
    void sec18_manySmallChunksAreLinear(ChannelThreads threads) throws Exception {
        int length = 65_536;
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var buffer = new Guarded(length, true);
            for (boolean reversed : new boolean[] {false, true}) {
                buffer.buffer().position(buffer.buffer().limit() - length);
                var call = Call.start(() -> rig.connection.read(0, buffer.buffer()));
                Sent sent = rig.server.take();
                var all = ByteBuffer.allocate(length * 29);
                for (int i = 0; i < length; i++) {
                    int at = reversed ? length - 1 - i : i;
                    all.putInt(0x668e33ef)
                            .putShort((short) (i == length - 1 ? 1 : 0))
                            .putShort((short) 1);
                    all.putLong(sent.cookie()).putInt(9).putLong(at).put((byte) (at % 251));
                }
                long start = System.nanoTime();
                rig.server.say(all.array());
                call.get();
                assertThat(System.nanoTime() - start).as("nanoseconds").isLessThan(1_000_000_000L);
                byte[] bytes = buffer.bytes();
                for (int i = 0; i < length; i++) {
                    assertThat(bytes[i]).isEqualTo((byte) (i % 251));
                }
            }
            buffer.assertGuards();
        }
    }

    /** Random actions on many requests: each call ends exactly once, with its own data, or all end together. */
    @BothModes
    void pbt09_eachCallEndsOnceWithItsOwnData_sec13(ChannelThreads threads) throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            try (var rig = Rig.of(ReplyStyle.SIMPLE, threads)) {
                int count = 1 + random.nextInt(8);
                List<Guarded> buffers = new ArrayList<>();
                List<Call<Boolean>> calls = new ArrayList<>();
                List<Sent> sents = new ArrayList<>();
                for (int k = 0; k < count; k++) {
                    var buffer = new Guarded(512, true);
                    long offset = 512L * k;
                    buffers.add(buffer);
                    calls.add(Call.start(() -> rig.connection.read(offset, buffer.buffer())));
                    sents.add(rig.server.take());
                }
                List<Integer> order = new ArrayList<>();
                for (int k = 0; k < count; k++) {
                    order.add(k);
                }
                Collections.shuffle(order, random);
                // A reply sent twice, or for nobody, at a random place; after it everything fails.
                int bad = random.nextInt(2 * count);
                for (int k = 0; k < count; k++) {
                    Sent sent = sents.get(order.get(k));
                    if (k == bad) {
                        long cookie = k == 0
                                ? sent.cookie() + 1024
                                : sents.get(order.get(k - 1)).cookie();
                        rig.server.say(Hex.bytes("67446698 00000000 CK 99*512", cookie));
                    }
                    rig.say(rig.good(sent, order.get(k)), sent);
                }
                for (int k = 0; k < count; k++) {
                    String what = "reply %d of seed %d".formatted(k, seed);
                    if (k < bad) {
                        calls.get(order.get(k)).get();
                        assertThat(buffers.get(order.get(k)).bytes()).as(what).containsOnly(order.get(k));
                    } else {
                        calls.get(order.get(k)).failure(NbdException.class);
                        buffers.get(order.get(k)).assertUntouched();
                    }
                    buffers.get(order.get(k)).assertGuards();
                }
                rig.awaitIdle();
            }
        }
    }
}
