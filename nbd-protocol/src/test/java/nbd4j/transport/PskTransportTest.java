// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.Vector;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.PSKTlsServer;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.TlsServerProtocol;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PskTransportTest {
    private static final String KEY = "00112233445566778899aabbccddeeff";
    private static final long SEED = 0x6e6264;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"1.2", "1.3"})
    void tls14_carriesBytesBothWaysAtOnce(String version) throws Exception {
        int size = 3 << 20;
        byte[] data = new byte[size];
        new Random(SEED).nextBytes(data);
        try (var peer = server(version, "alice", PskTransportTest::echo);
                var transport = upgrade("alice:" + KEY, "alice").upgrade(peer.connect())) {
            var writer = new FutureTask<Void>(() -> {
                var parts = new ByteBuffer[] {
                    ByteBuffer.wrap(data, 0, 28), ByteBuffer.allocate(0), ByteBuffer.wrap(data, 28, size - 28)
                };
                transport.write(parts, 3);
                return null;
            });
            Thread.ofVirtual().start(writer);

            var received = ByteBuffer.allocate(size);
            while (received.hasRemaining()) {
                var first = received.slice(received.position(), Math.min(received.remaining(), 16));
                var second = received.slice(
                        received.position() + first.remaining(), received.remaining() - first.remaining());
                long count = transport.read(first, second);
                assertThat(count).isPositive();
                received.position(received.position() + Math.toIntExact(count));
            }

            writer.get(20, TimeUnit.SECONDS);
            assertThat(received.array()).isEqualTo(data);
            assertThat(transport.tls()).isTrue();

            transport.closeOutput();
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            peer.await();
        }
    }

    @Test
    void failsWithAnotherKey() throws Exception {
        try (var peer = server("1.3", "alice", PskTransportTest::echo)) {
            assertThatThrownBy(() -> upgrade("alice:ffff", "alice").upgrade(peer.connect()))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageStartingWith("TLS handshake with 127.0.0.1:")
                    .hasMessageNotContaining("ffff");
        }
    }

    @Test
    void failsWithAnotherUser() throws Exception {
        try (var peer = server("1.2", "alice", PskTransportTest::echo)) {
            assertThatThrownBy(() -> upgrade("bob:" + KEY, "bob").upgrade(peer.connect()))
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    @Test
    void neverTrustsAServerThatShowsACertificateInstead() throws Exception {
        try (var peer = TlsPeer.tls(TestPki.get().server("good", "server"), (secure, raw) -> secure.startHandshake())) {
            assertThatThrownBy(() -> upgrade("alice:" + KEY, "alice").upgrade(peer.connect()))
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    @Test
    void tls17_tellsACutConnectionFromAnOrderlyEnd() throws Exception {
        try (var cut =
                server("1.3", "alice", protocol -> protocol.getOutputStream().write('x'))) {
            var transport = upgrade("alice:" + KEY, "alice").upgrade(cut.connect());
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(1);
            assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1))).isInstanceOf(TlsTruncatedException.class);
        }
        try (var orderly = server("1.3", "alice", TlsServerProtocol::close)) {
            var transport = upgrade("alice:" + KEY, "alice").upgrade(orderly.connect());
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void saysWhatTheKeyFileLacksAndNotWhatItHolds() throws Exception {
        for (String content : new String[] {"root:x:0:0:secret", "alice:xyz", "alice:", "alice:123", ""}) {
            assertThatThrownBy(() -> upgrade(content, "alice"))
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("has no line \"alice:\" with 1 to 64 bytes in hexadecimal")
                    .hasMessageNotContaining("secret")
                    .hasMessageNotContaining("xyz");
        }
        var missing = directory.resolve("missing");
        assertThatThrownBy(() -> PskUpgrade.of(missing, Optional.of("alice")))
                .hasMessage("TLS pre-shared key file %s does not exist", missing);
    }

    @Test
    void namesTheLibraryWhereItIsMissing() throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("bctls") && !entry.contains("bcprov"))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath,
                        PskWithoutLibrary.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(output).contains("needs the library org.bouncycastle:bctls-jdk18on");
    }

    private TlsUpgrade upgrade(String content, String user) throws IOException {
        Path file = directory.resolve("keys.psk");
        Files.writeString(file, "# made for a test\n" + content + "\nzoe:00\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return TlsUpgrade.of(new TlsSettings(
                Optional.empty(), Optional.empty(), Optional.of(file), Optional.of(user), Optional.empty(), true));
    }

    private static void echo(TlsServerProtocol protocol) throws IOException {
        InputStream in = protocol.getInputStream();
        var buffer = new byte[1 << 16];
        int count = in.read(buffer);
        while (count >= 0) {
            protocol.getOutputStream().write(buffer, 0, count);
            count = in.read(buffer);
        }
        protocol.close();
    }

    private static TlsPeer server(String version, String user, Script script) throws IOException {
        return TlsPeer.plain(raw -> {
            var protocol = new TlsServerProtocol(raw.getInputStream(), raw.getOutputStream());
            protocol.accept(new Server(version, user));
            script.run(protocol);
        });
    }

    @FunctionalInterface
    private interface Script {
        void run(TlsServerProtocol protocol) throws IOException;
    }

    /** Bouncy Castle's other side, with one version and one key. */
    private static final class Server extends PSKTlsServer {
        private final String version;
        private final byte[] user;

        Server(String version, String user) {
            super(new JcaTlsCryptoProvider().create(new SecureRandom()), new TlsPSKIdentityManager() {
                @Override
                public byte[] getHint() {
                    return new byte[0];
                }

                @Override
                public byte[] getPSK(byte[] identity) {
                    return new String(identity, StandardCharsets.UTF_8).equals(user)
                            ? HexFormat.of().parseHex(KEY)
                            : new byte[0];
                }
            });
            this.version = version;
            this.user = user.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        protected ProtocolVersion[] getSupportedVersions() {
            return (version.equals("1.3") ? ProtocolVersion.TLSv13 : ProtocolVersion.TLSv12).only();
        }

        @Override
        protected int[] getSupportedCipherSuites() {
            return version.equals("1.3")
                    ? new int[] {CipherSuite.TLS_AES_128_GCM_SHA256}
                    : super.getSupportedCipherSuites();
        }

        @Override
        public TlsPSKExternal getExternalPSK(@SuppressWarnings("rawtypes") Vector identities) {
            for (Object identity : identities) {
                if (Arrays.equals(((PskIdentity) identity).getIdentity(), user)) {
                    return new BasicTlsPSKExternal(
                            user,
                            getCrypto().createSecret(HexFormat.of().parseHex(KEY)),
                            PRFAlgorithm.tls13_hkdf_sha256);
                }
            }
            throw new IllegalStateException("no such key");
        }
    }
}
