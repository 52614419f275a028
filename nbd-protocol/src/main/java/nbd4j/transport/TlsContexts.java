// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CRL;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * Makes contexts from a directory in the form that libnbd, qemu and nbdkit share: {@code ca-cert.pem}, and if the client
 * has a certificate of its own {@code client-cert.pem} and {@code client-key.pem}; {@code ca-crl.pem} if certificates
 * were revoked.
 */
final class TlsContexts {
    static final String AUTHORITIES = "ca-cert.pem";
    static final String REVOKED = "ca-crl.pem";
    static final String CLIENT_CERTIFICATE = "client-cert.pem";
    static final String CLIENT_KEY = "client-key.pem";

    private TlsContexts() {}

    static SSLContext trustingAll() throws SSLException {
        return context(new KeyManager[0], new TrustManager[] {new TrustAll()});
    }

    /**
     * Reads a directory.
     *
     * @throws SSLException if a file is missing or is not what its name says
     */
    static SSLContext ofDirectory(Path directory, boolean verifyPeer) throws IOException {
        KeyManager[] keys = keys(directory);
        return verifyPeer ? context(keys, trust(directory)) : context(keys, new TrustManager[] {new TrustAll()});
    }

    private static SSLContext context(KeyManager[] keys, TrustManager[] trust) throws SSLException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new SSLException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] trust(Path directory) throws IOException {
        Path file = directory.resolve(AUTHORITIES);
        List<X509Certificate> authorities = certificates(file);
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            Path revoked = directory.resolve(REVOKED);
            if (Files.exists(revoked)) {
                factory.init(new CertPathTrustManagerParameters(withRevocation(store, revoked)));
            } else {
                factory.init(store);
            }
            return factory.getTrustManagers();
        } catch (GeneralSecurityException e) {
            throw new SSLException("%s cannot be used: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static PKIXBuilderParameters withRevocation(KeyStore store, Path file)
            throws IOException, GeneralSecurityException {
        Collection<? extends CRL> lists =
                CertificateFactory.getInstance("X.509").generateCRLs(new ByteArrayInputStream(Pem.bytes(file)));
        if (lists.isEmpty()) {
            throw new SSLException("%s holds no revocation list in PEM".formatted(file));
        }
        var checker =
                (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        // The lists in the directory are all there is: no network, and none missing is overlooked.
        checker.setOptions(
                EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
        var parameters = new PKIXBuilderParameters(store, new X509CertSelector());
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        parameters.addCertPathChecker(checker);
        return parameters;
    }

    private static KeyManager[] keys(Path directory) throws IOException {
        Path certificateFile = directory.resolve(CLIENT_CERTIFICATE);
        Path keyFile = directory.resolve(CLIENT_KEY);
        if (Files.notExists(certificateFile) && Files.notExists(keyFile)) {
            return new KeyManager[0];
        }
        List<X509Certificate> chain = certificates(certificateFile);
        PrivateKey key = PrivateKeys.read(keyFile);
        String algorithm = chain.getFirst().getPublicKey().getAlgorithm();
        if (!algorithm.equals(key.getAlgorithm())) {
            throw new SSLException("%s holds a key for %s, but %s one for %s"
                    .formatted(keyFile, key.getAlgorithm(), certificateFile, algorithm));
        }
        return new KeyManager[] {new ClientKey(key, chain)};
    }

    private static List<X509Certificate> certificates(Path file) throws IOException {
        Collection<? extends Certificate> certificates;
        try {
            certificates = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Pem.bytes(file)));
        } catch (NoSuchFileException e) {
            throw new SSLException("TLS certificate file %s does not exist".formatted(file), e);
        } catch (GeneralSecurityException e) {
            throw new SSLException("%s holds no certificates in PEM".formatted(file));
        }
        List<X509Certificate> x509 = certificates.stream()
                .filter(X509Certificate.class::isInstance)
                .map(X509Certificate.class::cast)
                .toList();
        if (x509.isEmpty()) {
            throw new SSLException("%s holds no certificates in PEM".formatted(file));
        }
        return x509;
    }
}
