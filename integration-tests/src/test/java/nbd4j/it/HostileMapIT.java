// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.server.script.Dialect;
import nbd4j.server.script.Script;
import nbd4j.server.script.ScriptedServer;
import nbd4j.server.script.SeenRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Maps from servers that have too much to tell, or tell it too slowly: with 64 MiB of heap the command shows them or says
 * why not, in bounded time, and what it cannot show whole it does not show at all.
 */
@Needs.Launcher
@Timeout(120)
final class HostileMapIT {
    private static final int STATUS = 7;
    private static final int DISC = 2;
    private static final int EXTENTS = 1 << 20;
    private static final int EXTENT = 512;

    /** What ends the waits of the server; longer than any run. */
    private static final Duration PATIENCE = Duration.ofSeconds(100);

    /** How a server answers one question about the map. */
    private interface Answer {
        String to(SeenRequest request);
    }

    @Test
    void showsAMillionExtentsOfOneReply() throws Exception {
        try (ScriptedServer server = start((long) EXTENTS * EXTENT, 1 << 20, HostileMapIT::fragmented)) {
            Tools.Result result = info(server, "--map");

            assertThat(result.exitCode()).as(result.err()).isZero();
            assertThat(result.out().lines().count()).isEqualTo(EXTENTS);
            assertThat(result.out())
                    .startsWith("         0         512    0  data\n       512         512    3  hole,zero\n")
                    .endsWith(" 536870400         512    3  hole,zero\n");
        }
    }

    @Test
    void addsUpAMillionExtentsOfOneReply() throws Exception {
        try (ScriptedServer server = start((long) EXTENTS * EXTENT, 1 << 20, HostileMapIT::fragmented)) {
            assertThat(info(server, "--map", "--totals").succeeded())
                    .isEqualTo(" 268435456  50.0%   0 data\n 268435456  50.0%   3 hole,zero");
        }
    }

    @ParameterizedTest
    @CsvSource({"--map, --json", "--map, --color"})
    void givesUpOnADiskWithAMillionExtentsInEachReply(String first, String second) throws Exception {
        try (ScriptedServer server = start(Long.MAX_VALUE - 511, 1 << 20, HostileMapIT::fragmented)) {
            Tools.Result result = info(server, first, second, "--max-extents=1200000");

            assertFails(result, "the map has more than 1200000 extents by offset 614400000; narrow it with --range, ");
        }
    }

    @Test
    void mapsEightExbibytesInOneReply() throws Exception {
        var asked = new AtomicInteger();
        Answer whole = request -> {
            asked.incrementAndGet();
            return "GOOD";
        };
        try (ScriptedServer server = start(Dialect.EXTENDED, Long.MAX_VALUE, 1 << 20, whole)) {
            assertThat(info(server, "--map").succeeded()).isEqualTo("         0  9223372036854775807    0  data");
            assertThat(asked).hasValueLessThanOrEqualTo(4);
        }
    }

    @Test
    void givesUpOnEightExbibytesInPiecesOfAGibibyte() throws Exception {
        try (ScriptedServer server = start(Long.MAX_VALUE, 1 << 20, request -> "GOOD")) {
            assertGivesUp(info(server, "--map", "--max-time=1s"), "of 9223372036854775807; narrow it with --range");
        }
    }

    @Test
    void givesUpOnAMapThatGrowsByteByByte() throws Exception {
        try (ScriptedServer server =
                start(Long.MAX_VALUE, 1 << 20, request -> status(request, 12, "00000001 00000000"))) {
            assertGivesUp(info(server, "--map", "--max-time=1s"), ": 0 extents up to offset ");
        }
    }

    @Test
    void takesAReplyThatArrivesByteByByte() throws Exception {
        try (ScriptedServer server = start(1 << 20, 1, request -> "GOOD")) {
            assertThat(info(server, "--map").succeeded()).isEqualTo("         0     1048576    0  data");
        }
    }

    @Test
    void givesUpOnAReplyThatArrivesByteByByteForDays() throws Exception {
        Script dribble = client -> {
            client.negotiateUntil(Dialect.STRUCTURED, 7);
            client.send(go(Long.MAX_VALUE));
            SeenRequest request = client.readRequest();
            client.sendInSegments(1, Duration.ofMillis(50), fragmented(request));
        };
        try (ScriptedServer server = ScriptedServer.start(PATIENCE, dribble)) {
            long begin = System.nanoTime();
            Tools.Result result = info(server, "--map", "--max-time=1s");

            assertGivesUp(result, ": 0 extents up to offset 0 of ");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
        }
    }

    @Test
    void givesUpOnAServerThatNeverAnswers() throws Exception {
        try (ScriptedServer server = start(1 << 20, 1 << 20, request -> "")) {
            Tools.Result result = info(server, "--map", "--timeout=1s");

            assertThat(result.out()).isEmpty();
            assertThat(result.err()).contains("the server sent nothing for 1").hasLineCount(1);
            assertThat(result.exitCode()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "no extent, 668e33ef 0001 0000 CK 00000000",
        "an extent of nothing, 668e33ef 0001 0005 CK 0000000c 00000001 00000000 00000000",
        "an empty list, 668e33ef 0001 0005 CK 00000004 00000001",
        "another context, 668e33ef 0001 0005 CK 0000000c 00000002 00000200 00000000",
        "more extents than are allowed, 668e33ef 0001 0005 CK 0080000c 00000001 00000200",
        "a reply of 4 GiB, 668e33ef 0001 0005 CK fffffffc 00000001 00000200"
    })
    void endsWithoutProgress(String what, String reply) throws Exception {
        try (ScriptedServer server = start(1 << 20, 1 << 20, request -> reply)) {
            Tools.Result result = info(server, "--map");

            assertThat(result.out()).as(what).isEmpty();
            assertThat(result.err()).as(what).startsWith("nbd info: ").hasLineCount(1);
            assertThat(result.exitCode()).as(what).isEqualTo(1);
        }
    }

    private static void assertGivesUp(Tools.Result result, String detail) {
        assertFails(result, "the map is not complete after ");
        assertThat(result.err()).contains(detail);
    }

    private static void assertFails(Tools.Result result, String message) {
        assertThat(result.out()).isEmpty();
        // A slow machine tells its progress before.
        assertThat(result.err().lines().filter(line -> !line.startsWith("nbd info: map: ")))
                .singleElement()
                .asString()
                .startsWith("nbd info: " + message);
        assertThat(result.exitCode()).isEqualTo(1);
    }

    private static ScriptedServer start(long size, int segment, Answer answer) throws IOException {
        return start(Dialect.STRUCTURED, size, segment, answer);
    }

    /** A server that agrees to everything, has one export, and answers questions about its map in writes of so many bytes. */
    private static ScriptedServer start(Dialect dialect, long size, int segment, Answer answer) throws IOException {
        return ScriptedServer.start(PATIENCE, client -> {
            client.negotiateUntil(dialect, 7);
            client.send(go(size));
            SeenRequest request = client.readRequest();
            while (request.type() != DISC) {
                assertThat(request.type()).isEqualTo(STATUS);
                client.sendInSegments(segment, Duration.ZERO, answer.to(request));
                request = client.readRequest();
            }
        });
    }

    private static String go(long size) {
        return Dialect.GO_GRANTED.replace("0000000000100000", "%016x".formatted(size));
    }

    private static String status(SeenRequest request, int length, String descriptors) {
        return "668e33ef 0001 0005 %016x %08x 00000001 ".formatted(request.cookie(), length) + descriptors;
    }

    private static String fragmented(SeenRequest request) {
        return status(request, 4 + 8 * EXTENTS, "00000200000000000000020000000003*" + EXTENTS / 2);
    }

    private static Tools.Result info(ScriptedServer server, String... options)
            throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-jar",
                Checkout.root().resolve("nbd-cli/target/nbd-cli.jar").toString(),
                "info"));
        line.addAll(List.of(options));
        line.add(server.uri().toString());
        return Tools.run(line);
    }
}
