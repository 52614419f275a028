// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificates for tests, made once per JVM by its own {@code keytool}: two authorities, and servers and a client that
 * the first of them vouches for.
 */
public final class TestPki {
    private static final String PASSWORD = "test-only";
    private final Path directory;

    private TestPki(Path directory) {
        this.directory = directory;
    }

    /** Returns the certificates, making them if this is the first call. */
    public static TestPki get() {
        return Shared.PKI;
    }

    private static TestPki create() {
        try {
            Path directory = Files.createTempDirectory("nbd4j-pki-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            var pki = new TestPki(directory);
            pki.make();
            return pki;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Made when it is first asked for. */
    private static final class Shared {
        static final TestPki PKI = create();
    }

    private void make() throws IOException {
        authority("good", "CN=Test authority");
        authority("other", "CN=Other authority");
        signed("good", "server", "SAN=dns:srv.example,dns:localhost,ip:127.0.0.1", "-validity", "30");
        signed("good", "expired", "SAN=dns:srv.example", "-startdate", "-10d", "-validity", "5");
        signed("good", "client", "EKU=clientAuth", "-validity", "30");
        signed("other", "impostor", "SAN=dns:srv.example", "-validity", "30");
    }

    private void authority(String store, String name) throws IOException {
        keytool(store, "ca", name, List.of("-ext", "bc:c", "-ext", "KeyUsage=keyCertSign,cRLSign", "-validity", "30"));
    }

    private void signed(String store, String alias, String extension, String... more) throws IOException {
        var arguments = new ArrayList<>(List.of("-signer", "ca", "-ext", extension));
        arguments.addAll(List.of(more));
        keytool(store, alias, "CN=" + alias, arguments);
    }

    private void keytool(String store, String alias, String name, List<String> more) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-keystore",
                store(store).toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                alias,
                "-dname",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1"));
        command.addAll(more);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException(command + ": " + output);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private Path store(String name) {
        return directory.resolve(name + ".p12");
    }

    /** Returns a context for a server that has one of the certificates and trusts the first authority. */
    public SSLContext server(String store, String alias) throws IOException, GeneralSecurityException {
        KeyStore all = load(store);
        KeyStore one = KeyStore.getInstance("PKCS12");
        one.load(null, null);
        one.setKeyEntry(
                alias,
                all.getKey(alias, PASSWORD.toCharArray()),
                PASSWORD.toCharArray(),
                all.getCertificateChain(alias));
        var keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(one, PASSWORD.toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", load("good").getCertificate("ca"));
        var trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Writes {@code ca-cert.pem} of one of the authorities into a directory. */
    public Path authorityInto(Path target, String store) throws IOException, GeneralSecurityException {
        Files.writeString(
                target.resolve("ca-cert.pem"),
                pem("CERTIFICATE", certificate(store, "ca").getEncoded()));
        return target;
    }

    /** Writes {@code client-cert.pem} and {@code client-key.pem} into a directory. */
    public void clientInto(Path target) throws IOException, GeneralSecurityException {
        Files.writeString(
                target.resolve("client-cert.pem"),
                pem("CERTIFICATE", certificate("good", "client").getEncoded()));
        Path key = target.resolve("client-key.pem");
        Files.writeString(
                key,
                pem(
                        "PRIVATE KEY",
                        load("good").getKey("client", PASSWORD.toCharArray()).getEncoded()));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    }

    private Certificate certificate(String store, String alias) throws IOException, GeneralSecurityException {
        return load(store).getCertificate(alias);
    }

    static String pem(String label, byte[] content) {
        return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
                .formatted(label, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content), label);
    }

    private KeyStore load(String name) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store(name))) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    private static void delete(Path directory) {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
