// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import nbd4j.server.TlsPolicy;

/** The certificates of {@code nbd serve}, in a directory laid out as nbdkit and qemu-nbd have it. */
final class TlsDirectory {
    static final String HELP =
            "Require TLS, with server-cert.pem and server-key.pem of a directory (PKCS#8), as nbdkit has it.";

    /** Certificates and keys take some KiB; a file much larger is something else. */
    private static final int MAXIMUM_FILE = 1 << 20;

    private static final char[] NO_PASSWORD = {};
    private static final List<String> KEY_KINDS = List.of("RSA", "EC", "EdDSA");

    private TlsDirectory() {}

    static TlsPolicy policy(Path directory, boolean verifyPeer) throws IOException {
        try {
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(identity(directory.resolve("server-cert.pem"), directory.resolve("server-key.pem")), NO_PASSWORD);
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            if (verifyPeer) {
                trust.init(authorities(directory.resolve("ca-cert.pem")));
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), verifyPeer ? trust.getTrustManagers() : null, null);
            TlsPolicy policy = TlsPolicy.required(context);
            return verifyPeer ? policy.withClientCertificates() : policy;
        } catch (GeneralSecurityException e) {
            throw new IOException(directory + ": TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static KeyStore identity(Path certificate, Path key) throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        store.setKeyEntry(
                "server",
                privateKey(key),
                NO_PASSWORD,
                certificates(certificate).toArray(Certificate[]::new));
        return store;
    }

    private static KeyStore authorities(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        int count = 0;
        for (Certificate each : certificates(file)) {
            store.setCertificateEntry("ca" + count++, each);
        }
        return store;
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        var found = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(text(file).getBytes(StandardCharsets.UTF_8)));
        if (found.isEmpty()) {
            throw new IOException(file + ": holds no certificate");
        }
        return List.copyOf(found);
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        String text = text(file);
        int begin = text.indexOf("-----BEGIN PRIVATE KEY-----");
        int end = text.indexOf("-----END PRIVATE KEY-----");
        if (begin < 0 || end < begin) {
            throw new IOException(
                    file + ": holds no PKCS#8 key (BEGIN PRIVATE KEY); openssl pkcs8 -topk8 -nocrypt makes one");
        }
        byte[] encoded =
                Base64.getMimeDecoder().decode(text.substring(begin + "-----BEGIN PRIVATE KEY-----".length(), end));
        for (String kind : KEY_KINDS) {
            Optional<PrivateKey> key = privateKey(kind, encoded);
            if (key.isPresent()) {
                return key.get();
            }
        }
        throw new IOException(file + ": the key is none of " + String.join(", ", KEY_KINDS));
    }

    private static Optional<PrivateKey> privateKey(String kind, byte[] encoded) throws GeneralSecurityException {
        try {
            return Optional.of(KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(encoded)));
        } catch (InvalidKeySpecException e) {
            return Optional.empty(); // A key of another kind.
        }
    }

    private static String text(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAXIMUM_FILE) {
            throw new IOException("%s: %d bytes are too many for a PEM file, at most %d are allowed"
                    .formatted(file, size, MAXIMUM_FILE));
        }
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
