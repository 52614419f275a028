// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static nbd4j.it.CopyFixture.SIZE;
import static nbd4j.it.CopyFixture.awaitTrue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.copy.CopyReport;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.Location;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies from and to an nbdkit that is killed, stopped, restarted, drained, or takes few clients. */
@Needs.Nbdkit
@Timeout(120)
final class CopyLifecycleIT {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    Path directory;

    private CopyFixture fixture;
    private RestartableNbdkit nbdkit;
    private Path copy;

    @BeforeEach
    void prepare() throws IOException {
        fixture = new CopyFixture(directory);
        nbdkit = new RestartableNbdkit(directory);
        copy = directory.resolve("copy.img");
    }

    @AfterEach
    void stop() throws InterruptedException {
        fixture.close();
        nbdkit.close();
    }

    private void assertCopied() throws IOException {
        assertThat(Files.mismatch(fixture.disk, copy)).isEqualTo(-1);
    }

    /** Starts nbdkit on the disk, slow enough that something can happen meanwhile. */
    private void startSlowly() throws IOException, InterruptedException {
        nbdkit.start("--filter=delay", "file", fixture.disk.toString(), "rdelay=30ms");
    }

    private String[] slowTarget(Path file) {
        return new String[] {
            "--filter=delay", "--filter=cache", "file", file.toString(), "cache=writeback", "wdelay=20ms"
        };
    }

    /** A target that differs from the disk. */
    private Path makeTarget(int size) throws IOException {
        return Files.write(copy, new byte[size]);
    }

    @Test
    void fC06RepliesInAnyOrderAreTaken() throws Exception {
        nbdkit.start(
                "-t",
                "16",
                "eval",
                "get_size=echo " + SIZE,
                "thread_model=echo parallel",
                "can_multi_conn=exit 0",
                "pread=sleep 0.0$(( $4 / 65536 % 7 )); dd if='" + fixture.disk
                        + "' iflag=skip_bytes,count_bytes bs=65536 skip=$4 count=$3 2>/dev/null");
        CopyReport report = fixture.copy(nbdkit.uri(), copy.toString());

        assertCopied();
        assertThat(report.progress().retried()).isZero();
    }

    @Test
    void fC07AServerThatPausesCostsNothingButTime() throws Exception {
        Path control = directory.resolve("pause.sock");
        nbdkit.start(
                "--filter=pause",
                "--filter=delay",
                "file",
                fixture.disk.toString(),
                "rdelay=10ms",
                "pause-control=" + control);
        CopyReport report = fixture.copyWhile(nbdkit.uri(), copy.toString(), running -> {
            try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(control))) {
                ask(channel, 'p', 'P');
                long paused = running.progress().read();
                long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
                awaitTrue(() -> System.nanoTime() > end);
                assertThat(running.progress().read() - paused)
                        .as("read while paused")
                        .isLessThan(SIZE / 4);
                assertThat(running.future().isDone()).isFalse();
                ask(channel, 'r', 'R');
            }
        });

        assertCopied();
        assertThat(report.progress().retried()).isZero();
        assertThat(report.progress().reconnects()).isZero();
    }

    private static void ask(SocketChannel channel, char question, char answer) throws IOException {
        channel.write(ByteBuffer.wrap(new byte[] {(byte) question}));
        var read = ByteBuffer.allocate(1);
        channel.read(read);
        assertThat((char) read.get(0)).isEqualTo(answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"F-C08 STOP", "F-C09 KILL", "F-C09 TERM"})
    void aServerThatStaysAwayIsAnErrorWithinTheLimits(String row) throws Exception {
        startSlowly();
        fixture.patience = Duration.ofSeconds(3);
        fixture.silence = Duration.ofSeconds(2);
        long began = System.nanoTime();
        assertThatThrownBy(() -> fixture.copyWhile(nbdkit.uri(), copy.toString(), running -> {
                    nbdkit.signal(row.split(" ", 2)[1]);
                }))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(EndpointException.class)
                .hasMessageStartingWith("source: ");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
        assertThat(copy).doesNotExist();
        assertThat(directory.resolve("copy.img.partial")).doesNotExist();
    }

    @Test
    void fC10ASourceThatIsKilledAndStartedAgainIsReadOn() throws Exception {
        startSlowly();
        CopyReport report = fixture.copyWhile(nbdkit.uri(), copy.toString(), running -> {
            nbdkit.kill();
            startSlowly();
        });

        assertCopied();
        assertThat(report.progress().reconnects()).isBetween(1L, 4L);
    }

    /** Its cache forgets what was not flushed, and only SIGKILL at the end shows what is durable. */
    @Test
    void fC10ATargetThatIsKilledAndStartedAgainGetsEverythingAgain() throws Exception {
        String[] command = slowTarget(makeTarget(SIZE));
        nbdkit.start(command);
        CopyReport report = fixture.copyWhile(fixture.disk.toString(), nbdkit.uri(), running -> {
            awaitTrue(() -> running.progress().written() > SIZE / 4);
            nbdkit.kill();
            nbdkit.start(command);
        });
        nbdkit.kill();

        assertCopied();
        assertThat(report.progress().rounds()).as("passes begun again").isPositive();
        assertThat(report.durable()).isTrue();
    }

    @Test
    void fC11ATargetThatComesBackWithAnotherSizeGetsNoFurtherWrite() throws Exception {
        nbdkit.start(slowTarget(makeTarget(SIZE)));
        Path other = Files.write(directory.resolve("other.img"), new byte[SIZE / 2]);

        assertThatThrownBy(() -> fixture.copyWhile(fixture.disk.toString(), nbdkit.uri(), running -> {
                    nbdkit.kill();
                    nbdkit.start("file", other.toString());
                }))
                .cause()
                .isInstanceOf(EndpointException.class)
                .hasMessageContaining("shows another export")
                .hasMessageContaining("size 8388608 instead of 16777216");
        assertThat(Files.readAllBytes(other)).containsOnly(0);
    }

    @Test
    void fC12AServerThatTakesNoNewClientsIsReadToTheEnd() throws Exception {
        Path drain = directory.resolve("drain");
        nbdkit.start(
                "--filter=exitwhen",
                "--filter=delay",
                "file",
                fixture.disk.toString(),
                "exit-when-file-created=" + drain,
                "exit-when-poll=1",
                "rdelay=100ms");
        CopyReport report = fixture.copyWhile(nbdkit.uri(), copy.toString(), running -> Files.createFile(drain));

        assertCopied();
        assertThat(report.progress().reconnects()).isZero();
        assertThat(nbdkit.ends()).as("it ended with the copy").isTrue();
    }

    @Test
    void fC13AServerThatEndsWithItsLastClientIsCopied() throws Exception {
        nbdkit.start("--filter=exitlast", "file", fixture.disk.toString());
        fixture.copy(nbdkit.uri(), copy.toString());

        assertCopied();
        assertThat(nbdkit.ends()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void fC14AServerThatTakesFewerClientsThanItAdvertisesIsCopied(int limit) throws Exception {
        nbdkit.start("--filter=limit", "file", fixture.disk.toString(), "limit=" + limit);
        CopyReport report = fixture.copy(nbdkit.uri(), copy.toString());

        assertCopied();
        assertThat(report.progress().retried()).isZero();
        assertThat(report.progress().reconnects()).isZero();
    }

    @Test
    void fC15AServerThatIsBusyWithAnotherClientIsAnErrorWithinTheHandshakeLimit() throws Exception {
        nbdkit.start("--filter=noparallel", "file", fixture.disk.toString(), "serialize=connections");
        fixture.handshake = Duration.ofSeconds(2);
        try (var other = NbdClient.connect(nbdkit.uri(), ConnectOptions.defaults())) {
            long began = System.nanoTime();
            assertThatThrownBy(() -> fixture.copy(nbdkit.uri(), copy.toString()))
                    .isInstanceOf(EndpointException.class)
                    .hasMessageStartingWith("source: ");
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isBetween(Duration.ofMillis(1900), Duration.ofSeconds(15));
            assertThat(other.isOpen()).isTrue();
        }
        assertThat(copy).doesNotExist();
    }

    /** Nobody else is there, and still only one connection is to be had: no further dial delays the end. */
    @Test
    void fC15AServerThatServesOneClientAfterTheOtherIsCopiedOverOneConnection() throws Exception {
        nbdkit.start("--filter=noparallel", "file", fixture.disk.toString(), "serialize=connections");
        fixture.copy(nbdkit.uri(), copy.toString());

        assertCopied();
    }

    @Test
    void fC16SlowOpeningIsWaitedForAndSlowClosingIsNot() throws Exception {
        nbdkit.start("--filter=delay", "file", fixture.disk.toString(), "delay-open=1");
        fixture.copy(nbdkit.uri(), copy.toString());
        assertCopied();
        nbdkit.kill();

        Files.delete(copy);
        nbdkit.start("--filter=delay", "file", fixture.disk.toString(), "delay-close=20");
        long began = System.nanoTime();
        fixture.copy(nbdkit.uri(), copy.toString());
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
        assertCopied();
    }

    /** GEN-08: short copies are over before every connection is made; qemu-nbd complains of those that just hang up. */
    @Test
    @Needs.Qemu
    void qemuNbdDoesNotComplainOfShortCopies() throws Exception {
        Path small = Files.write(directory.resolve("small.img"), new byte[64 << 10]);
        try (var server = SERVERS.provider()
                .start(
                        ServerCommand.qemuNbd("-r", "-t", "-e", "16", "-f", "raw", small.toString()),
                        ServerCommand.Listen.UNIX)) {
            for (int round = 0; round < 30; round++) {
                Copies.copy(
                        Copies.at(server),
                        new Location.Null(),
                        fixture.options(),
                        fixture.ends().withConnections(8));
            }
            assertThat(server.log()).isEmpty();
        }
    }

    @Test
    void fC17AServerThatDeniesTheAddressIsAnError() throws Exception {
        nbdkit.start("--filter=ip", "file", fixture.disk.toString(), "deny=all");

        assertThatThrownBy(() -> fixture.copy(nbdkit.uri(), copy.toString()))
                .isInstanceOf(EndpointException.class)
                .hasMessageStartingWith("source: ");
        assertThat(copy).doesNotExist();
    }
}
