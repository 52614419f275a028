// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher where the command is not built yet; a script plays the build. */
@Needs.Launcher
final class LauncherBuildIT {
    private static final String BUILD = "echo \"$*\" >>builds; echo noise; cp built.jar nbd-cli/target/nbd-cli.jar";

    @TempDir
    private Path folder;

    private PackagedCommand command;

    @BeforeEach
    void copyTheCommand() throws IOException {
        command = PackagedCommand.copyTo(folder.resolve("a checkout"));
    }

    @Test
    void buildsOnFirstUseAndSaysSoInOneLine() throws IOException, InterruptedException {
        command.buildWith(BUILD);

        var first = run();
        var second = run();

        assertThat(first.succeeded()).startsWith("nbd4j ").hasLineCount(1);
        assertThat(first.err()).contains("first use: building").hasLineCount(1);
        assertThat(second.succeeded()).startsWith("nbd4j ");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).containsExactly("-q -B -Dquick -DskipTests -pl nbd-cli -am package");
    }

    @Test
    void showsTheOutputOfABuildThatFails() throws IOException, InterruptedException {
        command.buildWith("echo the reason; exit 1");

        var result = run();

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("the reason", "the build failed");
        assertThat(Files.isSymbolicLink(command.lock())).isFalse();
    }

    @Test
    void buildsOnceForTwoFirstUsesAtTheSameTime() throws Exception {
        command.buildWith("echo started >>builds; until [ -f go ]; do sleep 0.1; done; " + BUILD);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var one = threads.submit(this::run);
            var two = threads.submit(this::run);
            Tools.run(
                            "sh",
                            "-c",
                            "until [ -f \"$0\" ]; do sleep 0.1; done",
                            command.root().resolve("builds").toString())
                    .succeeded();
            Files.createFile(command.root().resolve("go"));

            assertThat(one.get(60, SECONDS).succeeded()).startsWith("nbd4j ");
            assertThat(two.get(60, SECONDS).succeeded()).startsWith("nbd4j ");
        }
        assertThat(builds()).filteredOn("started"::equals).hasSize(1);
    }

    @Test
    void takesOverFromAFirstUseThatWasKilled() throws IOException, InterruptedException {
        command.buildWith(BUILD);
        var dead = new ProcessBuilder("true").start();
        assertThat(dead.waitFor(20, SECONDS)).isTrue();
        Files.createDirectories(command.lock().getParent());
        Files.createSymbolicLink(command.lock(), Path.of(String.valueOf(dead.pid())));

        assertThat(run().succeeded()).startsWith("nbd4j ");
        assertThat(Files.isSymbolicLink(command.lock())).isFalse();
    }

    private Tools.Result run() throws IOException, InterruptedException {
        return Tools.run(command.bin("nbd").toString(), "--version");
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(command.root().resolve("builds"));
    }
}
