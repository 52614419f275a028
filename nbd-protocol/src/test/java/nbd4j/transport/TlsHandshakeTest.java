// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is trusted and who is not, and what a server may do to the handshake. */
@Timeout(60)
class TlsHandshakeTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"srv.example", "srv.example.", "SRV.example", "localhost", "127.0.0.1"})
    void trustsANameThatTheCertificateBears(String name) throws Exception {
        assertThatCode(() -> handshake("good", "server", settings(name))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "wrong.example, No subject alternative DNS name matching wrong.example found",
        "127.0.0.2, No subject alternative names matching IP address 127.0.0.2 found",
        "::1, No subject alternative names matching IP address ::1 found"
    })
    void refusesAnotherName(String name, String reason) {
        assertThatThrownBy(() -> handshake("good", "server", settings(name)))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageStartingWith("TLS handshake with 127.0.0.1:")
                .hasMessageContaining("the server's certificate is refused: " + reason);
    }

    @Test
    void refusesAnotherAuthority() {
        assertThatThrownBy(() -> handshake("other", "impostor", settings("srv.example")))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("unable to find valid certification path");
    }

    @Test
    void refusesACertificateThatExpired() {
        assertThatThrownBy(() -> handshake("good", "expired", settings("srv.example")))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("the server's certificate is refused: NotAfter:");
    }

    @Test
    void refusesAPrivateAuthorityWhereTheSystemDecides() {
        var settings = new TlsSettings(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of("srv.example"),
                true);

        assertThatThrownBy(() -> handshake("good", "server", settings)).isInstanceOf(SSLHandshakeException.class);
    }

    @Test
    void trustsEverybodyOnlyWhenTold() {
        var settings = new TlsSettings(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);

        assertThatCode(() -> handshake("other", "impostor", settings)).doesNotThrowAnyException();
    }

    @Test
    void checksTheNameAlsoWithAContextOfTheCaller() throws Exception {
        SSLContext context = TestPki.get().server("good", "client");

        assertThatCode(() -> handshake("good", "server", settings(context, "srv.example")))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> handshake("good", "server", settings(context, "wrong.example")))
                .hasMessageContaining("No subject alternative DNS name matching wrong.example");
    }

    @Test
    void sendsTheNameThatItChecksAndNoAddress() throws Exception {
        assertThat(serverNameSeen("srv.example")).isEqualTo("[type=host_name (0), value=srv.example]");
        assertThat(serverNameSeen("localhost")).isEqualTo("[type=host_name (0), value=localhost]");
        assertThat(serverNameSeen("127.0.0.1")).isEqualTo("[]");
    }

    @Test
    void requiresANameWhereTheAddressHasNone() {
        var settings = new TlsSettings(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), true);

        assertThatThrownBy(() -> handshake("good", "server", settings))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("no name to check the server's certificate against; give it with tls-hostname");
    }

    @Test
    void presentsTheCertificateOfTheDirectory() throws Exception {
        TestPki.get().clientInto(directory);
        var seen = new String[1];
        try (var peer = TlsPeer.tls(TestPki.get().server("good", "server"), (secure, raw) -> {
                    secure.setNeedClientAuth(true);
                    secure.getOutputStream().write('x');
                    seen[0] = secure.getSession().getPeerPrincipal().getName();
                });
                var transport = upgrade(settings("srv.example")).upgrade(peer.connect())) {
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(1);
            peer.await();
            assertThat(seen[0]).isEqualTo("CN=client");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void failsAsTlsWhereTheServerWantsACertificateAndThereIsNone(String version) throws Exception {
        try (var peer = TlsPeer.tls(TestPki.get().server("good", "server"), (secure, raw) -> {
            secure.setEnabledProtocols(new String[] {version});
            secure.setNeedClientAuth(true);
            assertThatThrownBy(secure::startHandshake).isInstanceOf(SSLException.class);
        })) {
            // In TLS 1.3 our side of the handshake is complete before the server objects.
            assertThatThrownBy(() -> {
                        try (var transport = upgrade(settings("srv.example")).upgrade(peer.connect())) {
                            transport.read(ByteBuffer.allocate(1));
                        }
                    })
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void tls14_refusesTls11() throws Exception {
        // A server hello of TLS 1.1, with TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA.
        String hello = "16 03 02 00 2a" + "02 00 00 26 03 02" + " 5a".repeat(32) + "00 c0 09 00";
        assertThatThrownBy(() -> againstBytes(hello.replace(" ", "")))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("TLS11");
    }

    @Test
    void refusesBytesThatAreNotTls() {
        // What a server that is tricked into going on in the clear would say.
        assertThatThrownBy(() -> againstBytes("0003e889045565a9" + "0000000b0000000100000000"))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageMatching("TLS handshake with 127.0.0.1:\\d+ failed: .*");
    }

    @Test
    void saysThatTheServerHungUp() {
        assertThatThrownBy(() -> againstBytes(""))
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageEndingWith("failed: the server closed the connection");
    }

    @Test
    void refusesBytesThatWereReadAheadInTheClear() throws Exception {
        try (var peer =
                TlsPeer.plain(raw -> assertThat(raw.getInputStream().read()).isEqualTo(-1))) {
            Transport plain = peer.connect();
            assertThatThrownBy(() -> upgrade(settings("srv.example")).upgrade(plain, 20))
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("sent 20 bytes in the clear behind its consent to TLS");
            assertThat(plain.isClosed()).isTrue();
            peer.await();
        }
    }

    @Test
    void worksOverAUnixSocket() throws Exception {
        Path path = directory.resolve("relay.sock");
        try (var peer = TlsPeer.tls(
                        TestPki.get().server("good", "server"),
                        (secure, raw) -> secure.getOutputStream().write("hello".getBytes(US_ASCII)));
                var listener =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path))) {
            Thread.ofVirtual().start(() -> relay(listener, peer));
            Transport plain = UnixConnector.connect(path.toString(), Duration.ofSeconds(10));
            try (var transport = upgrade(settings("srv.example")).upgrade(plain)) {
                assertThat(transport.read(ByteBuffer.allocate(10))).isEqualTo(5);
                assertThat(transport.peer()).isEqualTo(path.toString());
            }
        }
    }

    @Test
    void connectsAgainWithTheSameKeys() throws Exception {
        TlsUpgrade upgrade = upgrade(settings("srv.example"));
        SSLContext context = TestPki.get().server("good", "server");
        for (int i = 0; i < 3; i++) {
            try (var peer = TlsPeer.tls(
                            context, (secure, raw) -> secure.getOutputStream().write('x'));
                    var transport = upgrade.upgrade(peer.connect())) {
                assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(1);
            }
        }
    }

    private static void relay(ServerSocketChannel listener, TlsPeer peer) {
        try (SocketChannel client = listener.accept();
                var server = (SocketTransport) peer.connect()) {
            Thread.ofVirtual().start(() -> {
                try {
                    Channels.newInputStream(client).transferTo(Channels.newOutputStream(server.channel()));
                } catch (IOException e) {
                    server.close();
                }
            });
            Channels.newInputStream(server.channel()).transferTo(Channels.newOutputStream(client));
        } catch (IOException e) {
            // The test sees that nothing arrives.
        }
    }

    private String serverNameSeen(String name) throws Exception {
        var seen = new String[1];
        try (var peer = TlsPeer.tls(TestPki.get().server("good", "server"), (secure, raw) -> {
                    secure.startHandshake();
                    seen[0] = ((javax.net.ssl.ExtendedSSLSession) secure.getSession())
                            .getRequestedServerNames()
                            .toString();
                    secure.getOutputStream().write('x');
                });
                var transport = upgrade(settings(name)).upgrade(peer.connect())) {
            transport.read(ByteBuffer.allocate(1));
            peer.await();
        }
        return seen[0].replace("[[", "[").replace("]]", "]");
    }

    private void handshake(String store, String alias, TlsSettings settings) throws Exception {
        try (var peer = TlsPeer.tls(TestPki.get().server(store, alias), TlsHandshakeTest::greet);
                var transport = upgrade(settings).upgrade(peer.connect())) {
            assertThat(transport.read(ByteBuffer.allocate(1))).isEqualTo(1);
        }
    }

    private static void greet(SSLSocket secure, Socket raw) throws IOException {
        secure.getOutputStream().write('x');
    }

    private void againstBytes(String hex) throws Exception {
        try (var peer = TlsPeer.plain(raw -> {
                    raw.getInputStream().read(new byte[16_384]);
                    raw.getOutputStream().write(HexFormat.of().parseHex(hex));
                    raw.shutdownOutput();
                    raw.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
                });
                var transport = upgrade(settings("srv.example")).upgrade(peer.connect())) {
            transport.read(ByteBuffer.allocate(1));
        }
    }

    private TlsSettings settings(String name) throws Exception {
        if (Files.notExists(directory.resolve("ca-cert.pem"))) {
            TestPki.get().authorityInto(directory, "good");
        }
        return new TlsSettings(
                Optional.empty(), Optional.of(directory), Optional.empty(), Optional.empty(), Optional.of(name), true);
    }

    private static TlsSettings settings(SSLContext context, String name) {
        return new TlsSettings(
                Optional.of(context), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(name), true);
    }

    private static TlsUpgrade upgrade(TlsSettings settings) throws IOException {
        return TlsUpgrade.of(settings);
    }
}
