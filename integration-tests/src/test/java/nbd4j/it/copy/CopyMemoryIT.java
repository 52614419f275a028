// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import nbd4j.it.LocalProcesses;
import nbd4j.it.Needs;
import nbd4j.it.RunningServer;
import nbd4j.it.ServerCommand;
import nbd4j.it.ServerCommand.Listen;
import nbd4j.it.Servers;
import nbd4j.it.Tools;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The memory of the packaged command, whatever the size of the disk. */
@Needs.Nbdkit
@Needs.Launcher
final class CopyMemoryIT {
    private static final String SMALL = "-Xmx64m -XX:MaxDirectMemorySize=96m";

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    private static RunningServer nbdkit(String words) throws IOException, InterruptedException {
        return SERVERS.provider().start(ServerCommand.nbdkit(words.split(" ", -1)), Listen.UNIX);
    }

    private static Child start(String javaOptions, String... arguments) throws IOException {
        List<String> words = Child.words("nbd", "copy", "-v");
        words.addAll(List.of(arguments));
        var builder = new ProcessBuilder(words);
        builder.environment().put("NBD_JAVA_OPTS", javaOptions);
        return Child.start(builder);
    }

    @ParameterizedTest
    @CsvSource({
        "memory 1T, memory 1T",
        "sparse-random size=1T seed=5 percent=0.0005, memory 1T",
        // 8 GiB of data, which a server takes and forgets.
        "pattern 8G, null 8G",
        "pattern 2G, null:",
    })
    void copiesEverySizeOfDiskInASmallHeap(String from, String to) throws IOException, InterruptedException {
        try (var source = nbdkit(from);
                var target = to.equals("null:") ? null : nbdkit(to);
                var child = start(
                        SMALL,
                        source.uri().toString(),
                        target == null ? to : target.uri().toString())) {
            Tools.Result ended = child.ends();

            assertThat(ended.exitCode()).as(ended.err()).isZero();
            assertThat(ended.err()).contains(" 0 retries, 0 reconnects").doesNotContain("OutOfMemoryError");
        }
    }

    @Test
    void staysBelow256MebibytesByDefault() throws IOException, InterruptedException {
        try (var source = nbdkit("pattern 1G");
                var target = nbdkit("null 1G");
                var child = start("", source.uri().toString(), target.uri().toString())) {
            var peak = new PeakMemory(child.pid());
            while (child.runs()) {
                peak.look();
            }
            assertThat(child.ends().exitCode()).isZero();
            assertThat(peak.mebibytes()).isBetween(20L, 256L);
        }
    }

    /** Asking about all of it would take days: what counts is that memory stays flat and that it can be stopped. */
    @Test
    void fs18_canBeStoppedOnTheLargestDisk() throws IOException, InterruptedException {
        try (var source = nbdkit("null 9223372036854775807");
                var child = start(SMALL, "--progress=1", source.uri().toString(), "null:")) {
            var peak = new PeakMemory(child.pid());
            long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            child.runsUntil("three seconds have passed", () -> {
                peak.look();
                return System.nanoTime() > end;
            });
            child.signal("INT");
            Tools.Result ended = child.ends(Duration.ofSeconds(5));

            assertThat(ended.exitCode()).isEqualTo(130);
            assertThat(ended.out()).startsWith("0/100\n").doesNotContain("100/100");
            assertThat(peak.mebibytes()).isBetween(20L, 256L);
        }
    }

    @Test
    void fs18_copiesOneHundredTebibytesOfHoles() throws IOException, InterruptedException {
        try (var source = nbdkit("null 100T");
                var child = start(SMALL, source.uri().toString(), "null:")) {
            Tools.Result ended = child.ends(Duration.ofSeconds(60));

            assertThat(ended.exitCode()).as(ended.err()).isZero();
            assertThat(ended.err()).contains("read 0, written 0");
        }
    }

    /** The plugin refuses a write that differs from what it would read there. */
    @Test
    void fs19_copiesASelfCheckingDiskOntoItself() throws IOException, InterruptedException {
        try (var server = nbdkit("sparse-random size=64G seed=7 percent=1");
                var child = start("", server.uri().toString(), server.uri().toString())) {
            Tools.Result ended = child.ends();

            assertThat(ended.exitCode()).as(ended.err()).isZero();
            assertThat(ended.err()).containsPattern("written [1-9]\\d{8,},");
        }
    }
}
