// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversations with many requests in flight, cut at every byte, and in pieces of any size: GEN-06, GEN-07, M27. */
@Timeout(240)
class TranscriptTest {
    /** The servers of all conversations; each thread of a connection holds its own, as do the connection's tables. */
    private final List<WeakReference<FakeServer>> servers = new ArrayList<>();

    static Stream<Arguments> everyWay() {
        return Stream.of(ReplyStyle.values())
                .flatMap(style -> Stream.of(ChannelThreads.values()).map(threads -> Arguments.of(style, threads)));
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void gen07_m27_cutAtEveryByteEachCallEndsAsItsReplySays_tx14(ReplyStyle style, ChannelThreads threads)
            throws Exception {
        Talk talk = Talk.of(style);
        int length = -1;
        for (int cut = 0; length < 0 || cut <= length; cut++) {
            for (boolean reset : new boolean[] {false, true}) {
                try (var running = begin(talk, threads)) {
                    byte[] transcript = running.transcript();
                    length = transcript.length;
                    running.rig.server.say(Arrays.copyOf(transcript, cut));
                    if (reset) {
                        running.rig.server.reset();
                    } else {
                        running.rig.server.end();
                    }
                    String what = "%s cut after %d of %d bytes".formatted(style, cut, length);
                    running.assertOutcome(cut, what);
                    running.assertGone(what);
                }
            }
        }
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void gen06_inTwoPiecesCutAtEveryByteTheResultIsTheSame_pbt02(ReplyStyle style, ChannelThreads threads)
            throws Exception {
        Talk talk = Talk.of(style);
        int length = -1;
        for (int cut = 1; length < 0 || cut < length; cut++) {
            try (var running = begin(talk, threads)) {
                byte[] transcript = running.transcript();
                length = transcript.length;
                running.rig.server.say(Arrays.copyOf(transcript, cut));
                running.rig.server.awaitAllRead();
                running.rig.server.say(Arrays.copyOfRange(transcript, cut, length));
                running.assertOutcome(length, "%s in pieces of %d and %d bytes".formatted(style, cut, length - cut));
                running.assertUsable();
            }
        }
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void gen06_inPiecesOfAnySizeTheResultIsTheSame_pbt02(ReplyStyle style, ChannelThreads threads) throws Exception {
        Talk talk = Talk.of(style);
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int most = 1; most <= 100; most++) {
            int limit = most;
            try (var running = begin(talk, threads)) {
                running.rig.server.segments(() -> limit == 1 ? 1 : 1 + random.nextInt(limit));
                byte[] transcript = running.transcript();
                running.rig.server.say(transcript);
                running.assertOutcome(
                        transcript.length, "%s in pieces of up to %d bytes, seed %d".formatted(style, most, seed));
                running.assertUsable();
            }
        }
        assertNothingIsLeft();
    }

    private Talk.Running begin(Talk talk, ChannelThreads threads) {
        var running = talk.start(threads);
        servers.add(new WeakReference<>(running.rig.server));
        return running;
    }

    /**
     * Asserts that nobody holds on to a connection that has ended: no thread, no queue, no watchdog. The last one is left
     * out, since this thread's own stack may hold it. The thread that watches for silence looks once in a second.
     */
    private void assertNothingIsLeft() {
        servers.removeLast();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        long left = held();
        while (left > 0 && System.nanoTime() < deadline) {
            System.gc();
            left = held();
        }
        assertThat(left).as("connections that are held, of %d", servers.size()).isZero();
    }

    private long held() {
        return servers.stream().filter(server -> server.get() != null).count();
    }
}
