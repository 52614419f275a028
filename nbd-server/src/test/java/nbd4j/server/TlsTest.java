// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {
    private static final String PASSWORD = "changeit";
    private static final String START_TLS = RawClient.OPTION + "00000005 00000000";

    @TempDir
    private static Path folder;

    private static SSLContext context;

    @BeforeAll
    static void makeCertificate() throws Exception {
        var store = folder.resolve("keys.p12");
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        var process = new ProcessBuilder(
                        keytool.toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(Files.readString(folder.resolve("keytool.log")))
                .isZero();
        var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(keys, PASSWORD.toCharArray());
        var trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        var trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("server", keys.getCertificate("server"));
        trusted.init(trust);
        context = SSLContext.getInstance("TLS");
        context.init(keyManagers.getKeyManagers(), trusted.getTrustManagers(), null);
    }

    private static NbdServer serve(TlsPolicy policy) throws IOException {
        return NbdServer.start(
                ServerOptions.defaults().withExport(MemoryStorage.of(1 << 20)).withTls(policy));
    }

    private static SSLSocket secure(RawClient client, SSLContext own, String version) throws IOException {
        client.send(START_TLS);
        client.expect(RawClient.REPLY + "00000005 00000001 00000000");
        var socket = (SSLSocket) own.getSocketFactory().createSocket(client.socket(), "localhost", 1, true);
        socket.setEnabledProtocols(new String[] {version});
        socket.startHandshake();
        return socket;
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void servesOverTls(String version) throws Exception {
        try (var server = serve(TlsPolicy.optional(context));
                var clear = RawClient.greeted(server);
                var client = RawClient.of(secure(clear, context, version))) {
            client.send(RawClient.OPTION + "00000007 00000006 00000000 0000");
            client.receive(32 + 20);
            client.send("25609513 0000 0001 00000000000000a1 0000000000000000 00040000" + "5a".repeat(0x40000));
            client.expect("67446698 00000000 00000000000000a1");
            client.send("25609513 0000 0000 00000000000000a2 0000000000000000 00040000");
            client.expect("67446698 00000000 00000000000000a2" + "5a".repeat(0x40000));
        }
    }

    @Test
    void refusesEverythingElseBeforeTlsWhereItIsRequired() throws Exception {
        try (var server = serve(TlsPolicy.required(context))) {
            assertThat(server.uri("x")).hasScheme("nbds");
            try (var client = RawClient.greeted(server)) {
                for (var option : new String[] {"00000003", "00000007", "00000008", "00000063"}) {
                    client.send(RawClient.OPTION + option + "00000000");
                    client.expect(RawClient.REPLY + option + "80000005 00000012");
                    client.receive(18);
                }
                client.send(RawClient.OPTION + "00000001 00000000");
                client.expectEnd();
            }
        }
    }

    @Test
    void forgetsWhatWasNegotiatedInTheClear() throws Exception {
        try (var server = serve(TlsPolicy.optional(context));
                var clear = RawClient.greeted(server)) {
            clear.send(RawClient.OPTION + "0000000b 00000000");
            clear.expect(RawClient.REPLY + "0000000b 00000001 00000000");
            try (var client = RawClient.of(secure(clear, context, "TLSv1.3"))) {
                client.send(RawClient.OPTION + "0000000b 00000000");
                client.expect(RawClient.REPLY + "0000000b 00000001 00000000");
            }
        }
    }

    @Test
    void hangsUpOnBytesInTheClearAfterStartTls() throws Exception {
        try (var server = serve(TlsPolicy.optional(context));
                var client = RawClient.greeted(server)) {
            client.send(START_TLS + RawClient.OPTION + "00000003 00000000");
            client.expectEnd();
        }
    }

    @Test
    void wantsATrustedCertificateWhereClientsMustHaveOne() throws Exception {
        var anonymous = SSLContext.getInstance("TLS");
        var trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        var keys = KeyStore.getInstance(folder.resolve("keys.p12").toFile(), PASSWORD.toCharArray());
        var trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("server", keys.getCertificate("server"));
        trusted.init(trust);
        anonymous.init(null, trusted.getTrustManagers(), null);
        try (var server = serve(TlsPolicy.required(context).withClientCertificates())) {
            try (var clear = RawClient.greeted(server)) {
                assertThatThrownBy(() -> secure(clear, anonymous, "TLSv1.2")).isInstanceOf(IOException.class);
            }
            try (var clear = RawClient.greeted(server);
                    var client = RawClient.of(secure(clear, context, "TLSv1.2"))) {
                client.send(RawClient.OPTION + "00000003 00000000");
                client.expect(RawClient.REPLY + "00000003 00000002 00000004 00000000");
            }
        }
    }
}
