// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Random;
import nbd4j.copy.CopyReport;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.it.ChaosProxy.Fate;
import nbd4j.it.ChaosProxy.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies over connections that are reset, cut off, stalled or falsified on their way to nbdkit. */
@Needs.Nbdkit
@Timeout(120)
final class CopyTransportIT {
    /** Three requests or so, which every connection gets to carry. */
    private static final long AFTER = 200_000;

    enum Side {
        SOURCE,
        TARGET
    }

    @TempDir
    Path directory;

    private CopyFixture fixture;
    private RestartableNbdkit nbdkit;

    @BeforeEach
    void prepare() throws IOException {
        fixture = new CopyFixture(directory);
        nbdkit = new RestartableNbdkit(directory);
    }

    @AfterEach
    void stop() throws InterruptedException {
        fixture.close();
        nbdkit.close();
    }

    /** Copies from nbdkit or to it, through the proxy, and compares. */
    private CopyReport copy(Side side, ChaosProxy proxy) throws Exception {
        Path copy = directory.resolve("copy.img");
        CopyReport report;
        if (side == Side.SOURCE) {
            nbdkit.start("--filter=delay", "file", fixture.disk.toString(), "rdelay=10ms");
            report = fixture.copy(proxy.uri(), copy.toString());
        } else {
            byte[] dirt = new byte[CopyFixture.SIZE];
            new Random(1).nextBytes(dirt);
            Files.write(copy, dirt);
            nbdkit.start("--filter=delay", "file", copy.toString(), "wdelay=10ms");
            report = fixture.copy(fixture.disk.toString(), proxy.uri());
        }
        assertThat(Files.mismatch(fixture.disk, copy)).isEqualTo(-1);
        return report;
    }

    private ChaosProxy proxy(Fate... fates) throws IOException {
        return new ChaosProxy(directory.resolve("nbdkit.sock"), fates);
    }

    @ParameterizedTest
    @EnumSource
    void fC01OneConnectionOfFourThatIsResetCostsNothingButItsRequests(Side side) throws Exception {
        try (var proxy = proxy(new Fate(Kind.RESET, 2, AFTER))) {
            CopyReport report = copy(side, proxy);

            assertThat(proxy.fired()).isOne();
            assertThat(report.progress().reconnects()).isOne();
            assertThat(report.progress().retried()).isBetween(1L, 4L);
        }
    }

    @ParameterizedTest
    @EnumSource
    void fC02EveryConnectionIsCutOffOnceInTheMiddleOfAMessage(Side side) throws Exception {
        try (var proxy = proxy(new Fate(Kind.CLOSE, 0, AFTER))) {
            CopyReport report = copy(side, proxy);

            assertThat(proxy.fired()).isEqualTo(4);
            assertThat(report.progress().reconnects()).isEqualTo(4);
            assertThat(report.progress().retried()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 100})
    void fC03AHandshakeThatIsCutOffIsAnErrorAtOnce(int bytes) throws Exception {
        nbdkit.start("file", fixture.disk.toString());
        Path copy = directory.resolve("copy.img");
        long began = System.nanoTime();
        try (var proxy = proxy(new Fate(Kind.CLOSE, 0, bytes))) {
            assertThatThrownBy(() -> fixture.copy(proxy.uri(), copy.toString()))
                    .isInstanceOf(EndpointException.class)
                    .hasMessageStartingWith("source: ");
            assertThat(proxy.fired()).isOne();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
        assertThat(copy).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource
    void fC04OneConnectionOfFourThatFallsSilentIsReplaced(Side side) throws Exception {
        fixture.silence = Duration.ofSeconds(2);
        try (var proxy = proxy(new Fate(Kind.STALL, 2, AFTER))) {
            CopyReport report = copy(side, proxy);

            assertThat(proxy.fired()).isOne();
            assertThat(report.progress().reconnects())
                    .as("others may seem silent on a crowded machine")
                    .isBetween(1L, 4L);
            assertThat(report.progress().retried()).isPositive();
        }
    }

    /** In the clear nobody can tell; that takes a comparison with the source. */
    @Test
    void fC05AFlippedBitIsFoundByTlsAndReadAgain() throws Exception {
        Path keys = Files.writeString(directory.resolve("keys.psk"), "alice:00112233445566778899aabbccddeeff\n");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        nbdkit.start("--tls=require", "--tls-psk=" + keys, "file", fixture.disk.toString());
        Path copy = directory.resolve("copy.img");
        try (var proxy = proxy(new Fate(Kind.FLIP, 1, AFTER))) {
            CopyReport report =
                    fixture.copy("nbds://alice@127.0.0.1:" + proxy.port() + "/?tls-psk-file=" + keys, copy.toString());

            assertThat(proxy.fired()).isOne();
            assertThat(report.progress().reconnects()).isOne();
            assertThat(report.progress().retried()).isPositive();
        }
        assertThat(Files.mismatch(fixture.disk, copy)).isEqualTo(-1);
    }
}
