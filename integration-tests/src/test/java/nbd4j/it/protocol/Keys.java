// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import nbd4j.it.Tools;

/**
 * Certificates and a pre-shared key in one folder, under the names that qemu, nbdkit and libnbd share: an authority, a
 * server {@code localhost} and a client. The certificates are made by the JDK's keytool.
 */
public final class Keys {
    /** Whose pre-shared key it is. */
    static final String USER = "alice";

    private static final String PASSWORD = "test-only";

    private final Path directory;
    private final Path store;

    private Keys(Path directory) {
        this.directory = directory;
        store = directory.resolve("keys.p12");
    }

    /** Makes all of them in an empty folder. */
    public static Keys make(Path directory) throws IOException, InterruptedException {
        var keys = new Keys(directory);
        try {
            keys.generate("ca", "-ext", "bc:c", "-ext", "KeyUsage=keyCertSign,cRLSign");
            keys.generate(
                    "server", "-signer", "ca", "-ext", "SAN=dns:localhost,ip:127.0.0.1", "-ext", "EKU=serverAuth");
            keys.generate("client", "-signer", "ca", "-ext", "EKU=clientAuth");
            keys.writePem();
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
        Files.writeString(keys.pskFile(), USER + ":" + HexFormat.of().formatHex(randomKey()) + "\n", US_ASCII);
        Files.setPosixFilePermissions(keys.pskFile(), PosixFilePermissions.fromString("rw-------"));
        return keys;
    }

    private static byte[] randomKey() {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return key;
    }

    Path directory() {
        return directory;
    }

    /** Returns {@code keys.psk}, the name that qemu-nbd looks for. */
    Path pskFile() {
        return directory.resolve("keys.psk");
    }

    /** Returns a context for a server in this JVM. */
    SSLContext serverContext() throws GeneralSecurityException, IOException {
        var all = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        var authority = KeyStore.getInstance("PKCS12");
        authority.load(null, null);
        authority.setCertificateEntry("ca", all.getCertificate("ca"));
        all.deleteEntry("ca");
        all.deleteEntry("client");
        var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(all, PASSWORD.toCharArray());
        var trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trustManagers.init(authority);
        var context = SSLContext.getInstance("TLS");
        context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
        return context;
    }

    private void generate(String alias, String... more) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-storetype",
                "PKCS12",
                "-keyalg",
                "RSA", // GnuTLS of Debian 12 cannot read elliptic keys as the JDK writes them
                "-keysize",
                "2048",
                "-validity",
                "30"));
        command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
        command.addAll(List.of("-alias", alias, "-dname", "CN=" + alias));
        command.addAll(List.of(more));
        Tools.run(command).succeeded();
    }

    private void writePem() throws GeneralSecurityException, IOException {
        var all = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        for (String alias : List.of("ca", "server", "client")) {
            write(alias + "-cert.pem", "CERTIFICATE", all.getCertificate(alias).getEncoded());
            write(
                    alias + "-key.pem",
                    "PRIVATE KEY",
                    all.getKey(alias, PASSWORD.toCharArray()).getEncoded());
        }
    }

    private void write(String name, String what, byte[] content) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(
                directory.resolve(name),
                "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(what, body, what),
                US_ASCII);
    }
}
