// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.it.ServerCommand.Listen;
import nbd4j.model.NbdException;
import nbd4j.model.NbdTlsException;
import nbd4j.uri.NbdAddress;
import nbd4j.uri.NbdUri;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with certificates and with pre-shared keys, against GnuTLS in nbdkit and qemu-nbd. */
@Needs.Nbdkit
@Needs.Gnutls
@Timeout(120)
final class TlsServersIT {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    private static final ConnectOptions OPTIONS = ConnectOptions.defaults().withLocalFilesFromUri(true);

    /** Longer than a TLS record and than any buffer of ours. */
    private static final int SIZE = 3 << 20;

    /** What the directory of certificates is for. */
    private static final String NAME = "srv.example";

    @TempDir
    static Path pki;

    @BeforeAll
    static void makeCertificates() throws Exception {
        for (String authority : List.of("ca", "other")) {
            key(authority, "--rsa");
            template(authority, "cn = " + authority, "ca", "cert_signing_key", "expiration_days = 30");
            certtool(
                    "--generate-self-signed",
                    "--load-privkey",
                    file(authority, "key"),
                    "--template",
                    file(authority, "cfg"),
                    "--outfile",
                    file(authority, "cert"));
        }
        // The two kinds of key that certtool writes in the old forms, PKCS#1 and SEC 1.
        signed("server", "ca", "--rsa", "tls_www_server", "dns_name = " + NAME, "ip_address = 127.0.0.1");
        signed("client", "ca", "--ecc", "tls_www_client");
        signed("stranger", "other", "--rsa", "tls_www_client");
        directory("server-pki", Map.of("ca-cert", "ca-cert", "server-cert", "server-cert", "server-key", "server-key"));
        directory("good", Map.of("ca-cert", "ca-cert"));
        directory("client", Map.of("ca-cert", "ca-cert", "client-cert", "client-cert", "client-key", "client-key"));
        directory(
                "unknown", Map.of("ca-cert", "ca-cert", "client-cert", "stranger-cert", "client-key", "stranger-key"));
        directory("wrong", Map.of("ca-cert", "other-cert"));
        Path keys = Files.writeString(pki.resolve("keys.psk"), "alice:00112233445566778899aabbccddeeff\nbob:ffee\n");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
    }

    @ParameterizedTest
    @EnumSource(Listen.class)
    void readsAndWritesOverTls(Listen listen) throws Exception {
        try (var server = nbdkit(listen)) {
            writeAndRead(uri(server).withTlsHostname(NAME).withTlsCertificates(pki.resolve("good")));
        }
    }

    @Test
    void takesTheAddressAsTheName() throws Exception {
        try (var server = nbdkit(Listen.TCP)) {
            writeAndRead(uri(server).withTlsCertificates(pki.resolve("good")));
        }
    }

    @Test
    void presentsAClientCertificate() throws Exception {
        try (var server = nbdkit(Listen.TCP, "--tls-verify-peer")) {
            writeAndRead(uri(server).withTlsCertificates(pki.resolve("client")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"good", "unknown"})
    void failsAsTlsWhereTheServerWantsAnotherClientCertificate(String directory) throws Exception {
        try (var server = nbdkit(Listen.TCP, "--tls-verify-peer")) {
            assertThatThrownBy(() -> writeAndRead(uri(server).withTlsCertificates(pki.resolve(directory))))
                    .isInstanceOf(NbdException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Listen.class)
    void refusesAnotherAuthority(Listen listen) throws Exception {
        try (var server = nbdkit(listen)) {
            NbdUri uri = uri(server).withTlsHostname(NAME).withTlsCertificates(pki.resolve("wrong"));
            assertThatThrownBy(() -> NbdClient.connect(uri, OPTIONS).close())
                    .isInstanceOf(NbdTlsException.class)
                    .hasMessageContaining("certification path");
            writeAndRead(uri.withTlsVerifyPeer(false));
        }
    }

    @ParameterizedTest
    @EnumSource(Listen.class)
    void refusesAnotherName(Listen listen) throws Exception {
        try (var server = nbdkit(listen)) {
            NbdUri uri = uri(server).withTlsHostname("wrong.example").withTlsCertificates(pki.resolve("good"));
            assertThatThrownBy(() -> NbdClient.connect(uri, OPTIONS).close())
                    .isInstanceOf(NbdTlsException.class)
                    .hasMessageContaining("wrong.example");
        }
    }

    @Test
    void refusesAPrivateAuthorityWhereTheSystemDecides() throws Exception {
        try (var server = nbdkit(Listen.TCP)) {
            assertThatThrownBy(() -> NbdClient.connect(uri(server).withTls()).close())
                    .isInstanceOf(NbdTlsException.class);
        }
    }

    @Test
    void neverGoesOnInTheClear() throws Exception {
        try (var server = SERVERS.provider().start(ServerCommand.nbdkit("--tls=off", "memory", "3M"), Listen.TCP)) {
            assertThatThrownBy(() -> NbdClient.connect(uri(server).withTlsCertificates(pki.resolve("good")), OPTIONS)
                            .close())
                    .isInstanceOf(NbdTlsException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Listen.class)
    void readsAndWritesWithAPreSharedKey(Listen listen) throws Exception {
        try (var server = pskServer(listen)) {
            writeAndRead(uri(server).withUser("alice").withTlsPskFile(pki.resolve("keys.psk")));
        }
    }

    @Test
    @Needs.Launcher
    void theCommandBringsWhatPreSharedKeysNeed(@TempDir Path folder) throws Exception {
        var command = PackagedCommand.copyTo(folder);
        try (var server = pskServer(Listen.UNIX)) {
            var uri = uri(server).withUser("alice").withTlsPskFile(pki.resolve("keys.psk"));

            var result = Tools.run(new ProcessBuilder(command.bin("nbd").toString(), "info", "--size", uri.toString()));

            assertThat(result.succeeded()).isEqualTo("3145728");
        }
    }

    @Test
    void refusesAnotherKey() throws Exception {
        Path other = Files.writeString(pki.resolve("other.psk"), "alice:0000\n");
        try (var server = pskServer(Listen.TCP)) {
            assertThatThrownBy(() -> NbdClient.connect(
                                    uri(server).withUser("alice").withTlsPskFile(other), OPTIONS)
                            .close())
                    .isInstanceOf(NbdTlsException.class);
        }
    }

    @Test
    @Needs.Qemu
    void readsFromQemuWithTls() throws Exception {
        Path image = Files.write(SERVERS.provider().directory().resolve("tls.raw"), new byte[SIZE]);
        try (var server = SERVERS.provider()
                .start(
                        ServerCommand.qemuNbd(
                                "-t",
                                "-f",
                                "raw",
                                "--object",
                                "tls-creds-x509,id=tls0,endpoint=server,verify-peer=no,dir="
                                        + pki.resolve("server-pki"),
                                "--tls-creds",
                                "tls0",
                                image.toString()),
                        Listen.TCP)) {
            writeAndRead(uri(server).withTlsCertificates(pki.resolve("good")));
        }
    }

    private static void writeAndRead(NbdUri uri) throws IOException {
        var data = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            data[i] = (byte) (i * 31 + (i >> 12));
        }
        try (NbdConnection disk = NbdClient.connect(uri, OPTIONS)) {
            assertThat(disk.export().tls()).isTrue();
            disk.write(0, ByteBuffer.wrap(data));
            disk.flush();
            var read = ByteBuffer.allocateDirect(SIZE);
            disk.read(0, read);
            assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(data));
        }
    }

    private static RunningServer nbdkit(Listen listen, String... more) throws Exception {
        var arguments = new ArrayList<>(List.of("--tls=require", "--tls-certificates=" + pki.resolve("server-pki")));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("memory", "3M"));
        return SERVERS.provider().start(ServerCommand.nbdkit(arguments.toArray(String[]::new)), listen);
    }

    private static RunningServer pskServer(Listen listen) throws Exception {
        return SERVERS.provider()
                .start(
                        ServerCommand.nbdkit("--tls=require", "--tls-psk=" + pki.resolve("keys.psk"), "memory", "3M"),
                        listen);
    }

    private static NbdUri uri(RunningServer server) {
        return NbdUri.of(
                switch (server.address()) {
                    case RunningServer.Address.Tcp tcp -> new NbdAddress.Tcp(tcp.host(), tcp.port());
                    case RunningServer.Address.Unix unix ->
                        new NbdAddress.Unix(unix.socket().toString());
                });
    }

    private static void signed(String name, String authority, String kind, String... lines) throws Exception {
        key(name, kind);
        var all = new ArrayList<>(List.of("cn = " + name, "expiration_days = 30", "signing_key"));
        all.addAll(List.of(lines));
        template(name, all.toArray(String[]::new));
        certtool(
                "--generate-certificate",
                "--load-privkey",
                file(name, "key"),
                "--template",
                file(name, "cfg"),
                "--load-ca-certificate",
                file(authority, "cert"),
                "--load-ca-privkey",
                file(authority, "key"),
                "--outfile",
                file(name, "cert"));
    }

    private static void key(String name, String kind) throws Exception {
        certtool("--generate-privkey", kind, "--outfile", file(name, "key"));
    }

    private static void template(String name, String... lines) throws IOException {
        Files.write(Path.of(file(name, "cfg")), List.of(lines));
    }

    private static String file(String name, String kind) {
        return pki.resolve(name + "-" + kind + ".pem").toString();
    }

    private static void directory(String name, Map<String, String> files) throws IOException {
        Path directory = Files.createDirectory(pki.resolve(name));
        for (var file : files.entrySet()) {
            Files.copy(pki.resolve(file.getValue() + ".pem"), directory.resolve(file.getKey() + ".pem"));
        }
    }

    private static void certtool(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("certtool"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
