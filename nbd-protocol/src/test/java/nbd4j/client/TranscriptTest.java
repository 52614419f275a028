// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversations with many requests in flight, cut at every byte, and in pieces of any size: GEN-06, GEN-07, M27. */
@Timeout(240)
class TranscriptTest {
    /** Numbers and names of the threads of this library in a dump of all threads. */
    private static final Pattern OURS = Pattern.compile("\"tid\": *\"?(\\d+)[^{}]*?\"name\": *\"(nbd-[^\"]*)\"");

    @TempDir
    Path directory;

    /** Those that connections of other tests in this JVM left behind. */
    private Set<String> before = Set.of();

    @BeforeEach
    void lookWhoIsThere() throws Exception {
        before = threads();
    }

    static Stream<Arguments> everyWay() {
        return Stream.of(ReplyStyle.values())
                .flatMap(style -> Stream.of(ChannelThreads.values()).map(threads -> Arguments.of(style, threads)));
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void gen07_m27_cutAtEveryByteEachCallEndsAsItsReplySays_tx14(ReplyStyle style, ChannelThreads threads)
            throws Exception {
        Talk talk = Talk.of(style);
        try (var running = talk.start(threads)) {
            assertThat(newThreads()).as("threads of a connection that is alive").isNotEmpty();
            running.rig.connection.abort();
            running.assertOutcome(0, "aborted");
            running.assertGone("aborted");
        }
        int length = -1;
        for (int cut = 0; length < 0 || cut <= length; cut++) {
            for (boolean reset : new boolean[] {false, true}) {
                try (var running = talk.start(threads)) {
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
        assertNoThreadIsLeft();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void gen06_inTwoPiecesCutAtEveryByteTheResultIsTheSame_pbt02(ReplyStyle style, ChannelThreads threads)
            throws Exception {
        Talk talk = Talk.of(style);
        int length = -1;
        for (int cut = 1; length < 0 || cut < length; cut++) {
            try (var running = talk.start(threads)) {
                byte[] transcript = running.transcript();
                length = transcript.length;
                running.rig.server.say(Arrays.copyOf(transcript, cut));
                running.rig.server.awaitAllRead();
                running.rig.server.say(Arrays.copyOfRange(transcript, cut, length));
                running.assertOutcome(length, "%s in pieces of %d and %d bytes".formatted(style, cut, length - cut));
                running.assertUsable();
            }
        }
        assertNoThreadIsLeft();
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void gen06_inPiecesOfAnySizeTheResultIsTheSame_pbt02(ReplyStyle style, ChannelThreads threads) throws Exception {
        Talk talk = Talk.of(style);
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int most = 1; most <= 100; most++) {
            int limit = most;
            try (var running = talk.start(threads)) {
                running.rig.server.segments(() -> limit == 1 ? 1 : 1 + random.nextInt(limit));
                byte[] transcript = running.transcript();
                running.rig.server.say(transcript);
                running.assertOutcome(
                        transcript.length, "%s in pieces of up to %d bytes, seed %d".formatted(style, most, seed));
                running.assertUsable();
            }
        }
    }

    /** Asserts that all threads of this test's connections end. The one that watches for silence looks once in a second. */
    private void assertNoThreadIsLeft() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        Set<String> left = newThreads();
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            left = newThreads();
        }
        assertThat(left).as("threads that are left").isEmpty();
    }

    private Set<String> newThreads() throws Exception {
        Set<String> threads = threads();
        threads.removeAll(before);
        return threads;
    }

    private Set<String> threads() throws Exception {
        Path dump = directory.resolve("threads.json");
        Files.deleteIfExists(dump);
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.JSON);
        return OURS.matcher(Files.readString(dump))
                .results()
                .map((MatchResult found) -> found.group(1) + " " + found.group(2))
                .collect(Collectors.toCollection(HashSet::new));
    }
}
