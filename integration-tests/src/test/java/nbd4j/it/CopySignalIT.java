// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static nbd4j.it.CopyFixture.awaitTrue;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** F-C18: signals to {@code nbd copy} while it copies from an nbdkit that takes its time. */
@Needs.Nbdkit
@Needs.Launcher
@Timeout(120)
final class CopySignalIT {
    @TempDir
    static Path commandFolder;

    private static PackagedCommand command;

    @TempDir
    Path directory;

    private CopyFixture fixture;
    private RestartableNbdkit nbdkit;
    private Path copy;
    private Path partial;
    private Path log;
    private Path error;

    @BeforeAll
    static void copyCommand() throws IOException {
        command = PackagedCommand.copyTo(commandFolder);
    }

    @BeforeEach
    void prepare() throws IOException, InterruptedException {
        fixture = new CopyFixture(directory);
        copy = directory.resolve("copy.img");
        partial = directory.resolve("copy.img.partial");
        log = directory.resolve("requests.log");
        error = directory.resolve("error");
        nbdkit = new RestartableNbdkit(directory)
                .start(
                        "--filter=log",
                        "--filter=delay",
                        "file",
                        fixture.disk.toString(),
                        "rdelay=300ms",
                        "logfile=" + log);
    }

    @AfterEach
    void stop() throws InterruptedException {
        nbdkit.close();
        fixture.close();
    }

    /** Starts the command and waits until it has written some of the disk. */
    private Process start(String... options) throws Exception {
        var words = new ArrayList<>(List.of(command.bin("nbd").toString(), "copy", "--requests=2"));
        words.addAll(List.of(options));
        words.addAll(List.of("--request-size=65536", nbdkit.uri(), copy.toString()));
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(error.toFile())
                .start();
        awaitTrue(() -> (Files.exists(partial) && said("Read id=") >= 16) || !process.isAlive());
        assertThat(process.isAlive()).as("%s", Files.readString(error)).isTrue();
        return process;
    }

    /** Returns how many lines of nbdkit's log have some words. */
    private long said(String words) throws IOException {
        return Files.readAllLines(log).stream()
                .filter(line -> line.contains(words))
                .count();
    }

    private static void signal(Process process, String name) throws IOException, InterruptedException {
        Tools.run("kill", "-" + name, String.valueOf(process.pid())).succeeded();
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void endsInOrderWithinFiveSeconds(String name, int exitCode) throws Exception {
        Process process = start();
        long began = System.nanoTime();
        signal(process, name);

        assertThat(process.waitFor(20, SECONDS)).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
        assertThat(process.exitValue()).isEqualTo(exitCode);
        assertThat(Files.readString(error)).isEqualTo("nbd copy: stopped by SIG%s%n".formatted(name));
        assertThat(copy).doesNotExist();
        assertThat(partial).doesNotExist();
        long connections = said(" Connect ");
        assertThat(connections).isPositive();
        awaitTrue(() -> said(" Disconnect ") == connections);
    }

    @Test
    void endsWithinFiveSecondsAlsoWhereTheServerHangs() throws Exception {
        Process process = start("--retry-for=60s");
        nbdkit.signal("STOP");
        long began = System.nanoTime();
        signal(process, "INT");

        assertThat(process.waitFor(20, SECONDS)).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(partial).doesNotExist();
    }

    /** The first one waits for the requests in flight, two seconds at least from a server that hangs. */
    @Test
    void endsAtOnceAtTheSecondSignal() throws Exception {
        Process process = start("--retry-for=60s");
        nbdkit.signal("STOP");
        signal(process, "INT");
        long began = System.nanoTime();
        signal(process, "INT");

        assertThat(process.waitFor(20, SECONDS)).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(1800));
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(copy).doesNotExist();
    }

    @Test
    void leavesNothingThatLooksFinishedWhenItIsKilledAndTheNextCopyIsWhole() throws Exception {
        Process process = start();
        signal(process, "KILL");
        assertThat(process.waitFor(20, SECONDS)).isTrue();
        assertThat(copy).doesNotExist();

        nbdkit.kill();
        nbdkit.start("file", fixture.disk.toString());
        Tools.run(command.bin("nbd").toString(), "copy", nbdkit.uri(), copy.toString())
                .succeeded();
        assertThat(Files.mismatch(fixture.disk, copy)).isEqualTo(-1);
        assertThat(partial).doesNotExist();
    }
}
