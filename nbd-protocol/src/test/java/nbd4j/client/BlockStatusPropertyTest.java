// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;

/**
 * Maps put together from random block status replies, short and long, and replies with one defect: FZ-3, BS-02 to
 * BS-10, EH-09 to EH-12.
 */
@Timeout(120)
class BlockStatusPropertyTest {
    private static final int TRIES = 500;

    /** One descriptor. */
    private record Run(long length, int flags) {}

    /** A disk of random runs; neighbours may have the same flags. */
    private static List<Run> disk(Random random) {
        List<Run> runs = new ArrayList<>();
        long left = Exports.MIB;
        while (left > 0) {
            long length = Math.min(left, 1 + random.nextInt(random.nextBoolean() ? 512 : 200_000));
            runs.add(new Run(length, random.nextInt(4)));
            left -= length;
        }
        return runs;
    }

    /** What a server may answer: some descriptors from an offset on; only the last may pass the end of the range. */
    private static List<Run> answer(List<Run> disk, long offset, long length, Random random) {
        List<Run> answer = new ArrayList<>();
        long start = 0;
        long covered = 0;
        int most = 1 + random.nextInt(40);
        for (Run run : disk) {
            long end = start + run.length();
            if (end > offset && covered < length && answer.size() < most) {
                long rest = end - Math.max(start, offset);
                if (random.nextInt(8) == 0 && rest > 1 && rest - 1 < length - covered) {
                    // A run may come in two descriptors.
                    answer.add(new Run(rest - 1, run.flags()));
                    covered += rest - 1;
                    rest = 1;
                }
                answer.add(new Run(rest, run.flags()));
                covered += rest;
            }
            start = end;
        }
        Run last = answer.get(answer.size() - 1);
        if (random.nextInt(8) == 0 && covered >= length && offset + covered == Exports.MIB) {
            // The last descriptor may pass the end of the export.
            answer.set(answer.size() - 1, new Run(last.length() + 1_000_000, last.flags()));
        }
        return answer;
    }

    private static byte[] reply(ReplyStyle style, Sent sent, long id, List<Run> runs) {
        boolean extended = style == EXTENDED;
        int length = extended ? 8 + 16 * runs.size() : 4 + 8 * runs.size();
        var out = ByteBuffer.allocate((extended ? 32 : 20) + length);
        out.putInt(extended ? 0x6e8a278c : 0x668e33ef).putShort((short) 1).putShort((short) (extended ? 6 : 5));
        out.putLong(sent.cookie());
        if (extended) {
            out.putLong(sent.offset()).putLong(length).putInt((int) id).putInt(runs.size());
            runs.forEach(run -> out.putLong(run.length()).putLong(run.flags()));
        } else {
            out.putInt(length).putInt((int) id);
            runs.forEach(run -> out.putInt((int) run.length()).putInt(run.flags()));
        }
        return out.array();
    }

    /** The extents of a range, neighbours of the same flags merged. */
    private static List<Extent> expected(List<Run> disk, long offset, long length) {
        List<Extent> extents = new ArrayList<>();
        long start = 0;
        for (Run run : disk) {
            long from = Math.max(start, offset);
            long to = Math.min(start + run.length(), offset + length);
            start += run.length();
            if (from >= to) {
                continue;
            }
            Extent last = extents.isEmpty() ? null : extents.get(extents.size() - 1);
            if (last != null && last.flags() == run.flags()) {
                extents.set(extents.size() - 1, new Extent(last.offset(), to - last.offset(), run.flags()));
            } else {
                extents.add(new Extent(from, to - from, run.flags()));
            }
        }
        return extents;
    }

    @BothModes
    void fz3_anyAnswersGiveTheMap_bs10(ChannelThreads threads) throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (ReplyStyle style : new ReplyStyle[] {STRUCTURED, EXTENDED}) {
            try (var rig = Rig.of(style, threads)) {
                rig.server.segments(() -> 1 + random.nextInt(random.nextBoolean() ? 3 : 5000));
                for (int i = 0; i < TRIES; i++) {
                    List<Run> disk = disk(random);
                    long offset = random.nextLong(Exports.MIB - 1L);
                    long length = 1 + random.nextLong(Exports.MIB - offset);
                    var call = Call.of(() -> rig.connection.extents(MetaContext.BASE_ALLOCATION, offset, length));
                    long covered = 0;
                    while (covered < length) {
                        Sent sent = rig.server.take();
                        assertThat(sent.offset())
                                .as("try %d of seed %d", i, seed)
                                .isEqualTo(offset + covered);
                        List<Run> answer = answer(disk, sent.offset(), sent.length(), random);
                        rig.server.say(reply(style, sent, 1, answer));
                        covered += answer.stream().mapToLong(Run::length).sum();
                    }
                    assertThat(call.get()).as("try %d of seed %d", i, seed).isEqualTo(expected(disk, offset, length));
                }
            }
        }
    }

    @BothModes
    void fz3_oneDefectIsAlwaysFound(ChannelThreads threads) throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < TRIES; i++) {
            ReplyStyle style = random.nextBoolean() ? STRUCTURED : EXTENDED;
            try (var rig = Rig.of(style, threads)) {
                long length = 1 + random.nextLong(Exports.MIB - 1L);
                var call = Call.of(() -> rig.connection.blockStatus(0, length, Set.of()));
                Sent sent = rig.server.take();
                List<Run> runs = new ArrayList<>(answer(disk(random), 0, length, random));
                rig.server.say(spoiled(style, sent, runs, length, random));
                assertThat(call.failure(NbdException.class))
                        .as("try %d of seed %d: %s", i, seed, runs)
                        .isInstanceOf(NbdProtocolException.class);
            }
        }
    }

    private static byte[] spoiled(ReplyStyle style, Sent sent, List<Run> runs, long length, Random random) {
        switch (random.nextInt(5)) {
            case 0 -> runs.set(random.nextInt(runs.size()), new Run(0, 0));
            case 1 -> {
                return reply(style, sent, 2 + random.nextInt(1000), runs);
            }
            case 2 -> runs.clear();
            case 3 -> {
                // A descriptor behind one that covers all that was asked for.
                runs.add(0, new Run(length, 0));
            }
            default -> {
                byte[] reply = reply(style, sent, 1, runs);
                int at = style == EXTENDED ? 31 : 19;
                reply[at] = (byte) (reply[at] + 1 + random.nextInt(7));
                return reply;
            }
        }
        return reply(style, sent, 1, runs);
    }
}
