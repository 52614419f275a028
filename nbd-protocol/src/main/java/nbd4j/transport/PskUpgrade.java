// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS with a pre-shared key, by Bouncy Castle, which the JDK's own engine does not offer. The library is optional; only
 * {@link PskClient} and {@link PskTransport} touch it.
 */
final class PskUpgrade implements TlsUpgrade {
    private static final Logger LOG = LoggerFactory.getLogger(PskUpgrade.class);

    private static final String LIBRARY = "org.bouncycastle:bctls-jdk18on";

    private final PskKey key;

    private PskUpgrade(PskKey key) {
        this.key = key;
    }

    static PskUpgrade of(Path file, Optional<String> username) throws IOException {
        try {
            PskClient.requireLibrary();
        } catch (NoClassDefFoundError e) {
            throw new SSLException(
                    "TLS with a pre-shared key needs the library %s on the class path or module path"
                            .formatted(LIBRARY),
                    e);
        }
        return new PskUpgrade(PskKey.read(file, username));
    }

    @Override
    public Transport upgrade(Transport plain, int readAhead) throws IOException {
        try {
            if (readAhead != 0) {
                throw new SSLException("%s sent %d bytes in the clear behind its consent to TLS, where none are allowed"
                        .formatted(plain.peer(), readAhead));
            }
            var client = new PskClient(key);
            Transport encrypted = PskTransport.handshake(plain, client);
            LOG.debug("{}: {} with a pre-shared key", plain.peer(), client.version());
            return encrypted;
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }
}
