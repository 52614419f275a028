// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.security.SecureRandom;
import java.util.Vector;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.PSKTlsClient;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;

/** What we offer the server: TLS 1.3 and 1.2, forward secrecy, authenticated ciphers, and one key. No certificates. */
final class PskClient extends PSKTlsClient {
    private final PskKey key;

    PskClient(PskKey key) {
        super(new JcaTlsCryptoProvider().create(new SecureRandom()), key.identity(), key.key());
        this.key = key;
    }

    /** Throws {@code NoClassDefFoundError} if Bouncy Castle is missing. */
    static void requireLibrary() {
        ProtocolVersion ignored = ProtocolVersion.TLSv13;
    }

    /** For messages. */
    String version() {
        return context.getServerVersion().toString();
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
        return ProtocolVersion.TLSv13.downTo(ProtocolVersion.TLSv12);
    }

    @Override
    protected int[] getSupportedCipherSuites() {
        return TlsUtils.getSupportedCipherSuites(getCrypto(), new int[] {
            CipherSuite.TLS_AES_128_GCM_SHA256,
            CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
            CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
            CipherSuite.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
            CipherSuite.TLS_DHE_PSK_WITH_AES_128_GCM_SHA256,
            CipherSuite.TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256
        });
    }

    /** A key that is used with another hash function in TLS 1.3 is another key; servers use SHA-256. */
    @Override
    public Vector<BasicTlsPSKExternal> getExternalPSKs() {
        var keys = new Vector<BasicTlsPSKExternal>();
        keys.add(new BasicTlsPSKExternal(
                key.identity(), getCrypto().createSecret(key.key()), PRFAlgorithm.tls13_hkdf_sha256));
        return keys;
    }
}
