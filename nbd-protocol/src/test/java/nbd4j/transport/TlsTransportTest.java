// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After the handshake: bytes both ways, records without data, and the three ways to end. */
@Timeout(60)
class TlsTransportTest {
    private static final long SEED = 0x6e6264;

    @TempDir
    Path directory;

    private TlsUpgrade upgrade;

    @BeforeEach
    void trustTheTestAuthority() throws Exception {
        TestPki.get().authorityInto(directory, "good");
        upgrade = TlsUpgrade.of(new TlsSettings(
                Optional.empty(),
                Optional.of(directory),
                Optional.empty(),
                Optional.empty(),
                Optional.of("srv.example"),
                true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void tls14_carriesBytesBothWaysAtOnce(String version) throws Exception {
        int size = 12 << 20;
        byte[] data = new byte[size];
        new Random(SEED).nextBytes(data);
        try (var peer = tls((secure, raw) -> {
                    secure.setEnabledProtocols(new String[] {version});
                    echo(secure);
                });
                var transport = upgrade.upgrade(peer.connect())) {
            var writer = new FutureTask<Void>(() -> {
                var parts = new ByteBuffer[] {
                    ByteBuffer.wrap(data, 0, 28), ByteBuffer.allocate(0), direct(data, 28, 1 << 20)
                };
                transport.write(parts, 3);
                transport.write(ByteBuffer.wrap(data, 28 + (1 << 20), size - 28 - (1 << 20)));
                return null;
            });
            Thread.ofVirtual().start(writer);

            byte[] received = readExactly(transport, size, new Random(SEED));

            writer.get(20, TimeUnit.SECONDS);
            assertThat(received).isEqualTo(data);
            assertThat(transport.tls()).isTrue();
        }
    }

    @Test
    void handsOverARecordInSmallPieces() throws Exception {
        try (var peer = tls((secure, raw) -> secure.getOutputStream().write("0123456789".getBytes(US_ASCII)));
                var transport = upgrade.upgrade(peer.connect())) {
            var first = ByteBuffer.allocate(3);
            assertThat(transport.read(first)).isEqualTo(3);
            var second = ByteBuffer.allocateDirect(2);
            var third = ByteBuffer.allocate(100);
            assertThat(transport.read(second, third)).isEqualTo(7);

            assertThat(text(first) + "|" + text(second) + "|" + text(third)).isEqualTo("012|34|56789");
        }
    }

    @Test
    void reportsAnOrderlyEndAsTheEndOfTheStream() throws Exception {
        try (var peer = tls((secure, raw) -> {
                    secure.getOutputStream().write('x');
                    secure.close();
                });
                var transport = upgrade.upgrade(peer.connect())) {
            assertThat(transport.read(ByteBuffer.allocate(10))).isEqualTo(1);
            assertThat(transport.read(ByteBuffer.allocate(10))).isEqualTo(-1);
            assertThat(transport.read(ByteBuffer.allocate(10))).isEqualTo(-1);
        }
    }

    @Test
    void tls17_tellsACutConnectionFromAnOrderlyEnd() throws Exception {
        try (var peer = tls((secure, raw) -> {
                    secure.getOutputStream().write('x');
                    raw.close();
                });
                var transport = upgrade.upgrade(peer.connect())) {
            assertThat(transport.read(ByteBuffer.allocate(10))).isEqualTo(1);
            assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(10)))
                    .isInstanceOf(TlsTruncatedException.class)
                    .hasMessageMatching("127.0.0.1:\\d+ closed the connection without ending TLS");
            assertThat(transport.isClosed()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void endsTlsBeforeItEndsTheStream(String version) throws Exception {
        var seen = new FutureTask<Integer>(() -> 0);
        var end = new int[1];
        try (var peer = tls((secure, raw) -> {
                    secure.setEnabledProtocols(new String[] {version});
                    secure.getOutputStream().write('x');
                    // An end without close_notify would be an exception here.
                    end[0] = secure.getInputStream().read();
                    seen.run();
                });
                var transport = upgrade.upgrade(peer.connect())) {
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(1);
            transport.closeOutput();
            peer.await();

            seen.get(10, TimeUnit.SECONDS);
            assertThat(end[0]).isEqualTo(-1);
        }
    }

    @Test
    void tls20_answersRequestsForNewKeysWhileBothSidesSend() throws Exception {
        int size = 4 << 20;
        byte[] data = new byte[size];
        new Random(SEED).nextBytes(data);
        try (var peer = tls((secure, raw) -> {
                    var echo =
                            new FutureTask<byte[]>(() -> secure.getInputStream().readNBytes(size));
                    Thread.ofPlatform().daemon().start(echo);
                    for (int offset = 0; offset < size; offset += 1 << 16) {
                        secure.getOutputStream().write(data, offset, 1 << 16);
                        secure.startHandshake(); // in TLS 1.3: new keys, please
                    }
                    assertThat(echo.get(20, TimeUnit.SECONDS)).isEqualTo(data);
                    secure.getOutputStream().write('!');
                });
                var transport = upgrade.upgrade(peer.connect())) {
            var writer = new FutureTask<Void>(() -> {
                for (int offset = 0; offset < size; offset += 1 << 15) {
                    transport.write(ByteBuffer.wrap(data, offset, 1 << 15));
                }
                return null;
            });
            Thread.ofVirtual().start(writer);

            assertThat(readExactly(transport, size, new Random(SEED))).isEqualTo(data);
            writer.get(20, TimeUnit.SECONDS);
            assertThat(readExactly(transport, 1, new Random(SEED))).containsExactly('!');
            peer.await();
        }
    }

    @Test
    void refusesRecordsWithoutDataThatNeverEnd() throws Exception {
        try (var peer = tls((secure, raw) -> {
                    for (int i = 0; i < 10_000; i++) {
                        secure.startHandshake();
                    }
                });
                var transport = upgrade.upgrade(peer.connect())) {
            assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(10)))
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("more than 256 TLS records without data in a row");
        }
    }

    @Test
    void refusesToNegotiateAnewInTls12() throws Exception {
        try (var peer = tls((secure, raw) -> {
                    secure.setEnabledProtocols(new String[] {"TLSv1.2"});
                    secure.getOutputStream().write('x');
                    secure.startHandshake();
                    assertThatThrownBy(() -> secure.getInputStream().read()).isInstanceOf(IOException.class);
                });
                var transport = upgrade.upgrade(peer.connect())) {
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(1);
            assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1)))
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("asked to negotiate TLS anew");
        }
    }

    @Test
    void refusesBytesThatAreNotTls() throws Exception {
        try (var peer = tls((secure, raw) -> {
                    secure.startHandshake();
                    raw.getOutputStream().write(new byte[64]);
                });
                var transport = upgrade.upgrade(peer.connect())) {
            assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1))).isInstanceOf(SSLException.class);
            assertThat(transport.isClosed()).isTrue();
        }
    }

    @Test
    void endsAReadInProgressWhenItIsClosed() throws Exception {
        try (var peer = tls((secure, raw) -> {
                    secure.startHandshake();
                    assertThat(secure.getInputStream().read()).isNegative();
                });
                var transport = upgrade.upgrade(peer.connect())) {
            var read = new FutureTask<>(() -> transport.read(ByteBuffer.allocate(1)));
            Thread.ofVirtual().start(read);

            transport.close();

            assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
        }
    }

    private TlsPeer tls(TlsPeer.TlsScript script) throws Exception {
        return TlsPeer.tls(TestPki.get().server("good", "server"), script);
    }

    private static void echo(SSLSocket secure) throws IOException {
        InputStream in = secure.getInputStream();
        var buffer = new byte[1 << 16];
        int count = in.read(buffer);
        while (count >= 0) {
            secure.getOutputStream().write(buffer, 0, count);
            count = in.read(buffer);
        }
    }

    /** Reads with buffers of changing sizes, one or two at a time. */
    private static byte[] readExactly(Transport transport, int size, Random random) throws IOException {
        var all = ByteBuffer.allocate(size);
        while (all.hasRemaining()) {
            var first = ByteBuffer.allocateDirect(Math.min(all.remaining(), 1 + random.nextInt(100)));
            var second =
                    ByteBuffer.allocateDirect(Math.min(all.remaining() - first.remaining(), random.nextInt(50_000)));
            long count = random.nextBoolean() ? transport.read(first) : transport.read(first, second);
            assertThat(count).isEqualTo(first.position() + second.position()).isPositive();
            all.put(first.flip()).put(second.flip());
        }
        return all.array();
    }

    private static ByteBuffer direct(byte[] data, int offset, int length) {
        return ByteBuffer.allocateDirect(length).put(data, offset, length).flip();
    }

    private static String text(ByteBuffer filled) {
        return US_ASCII.decode(filled.flip()).toString();
    }
}
