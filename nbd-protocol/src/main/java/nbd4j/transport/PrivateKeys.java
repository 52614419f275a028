// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads private keys from PEM files: PKCS#8 of any kind, RSA's own PKCS#1, and SEC 1 for elliptic curves. */
final class PrivateKeys {
    private static final Logger LOG = LoggerFactory.getLogger(PrivateKeys.class);

    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

    /** The identifiers of the algorithm in PKCS#8: {@code rsaEncryption} with no parameters. */
    private static final byte[] RSA = {
        0x30, 0x0D, 0x06, 0x09, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00
    };

    /** {@code id-ecPublicKey}; the curve follows. */
    private static final byte[] ELLIPTIC = {0x06, 0x07, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x02, 0x01};

    private static final byte[] VERSION = {0x02, 0x01, 0x00};

    private PrivateKeys() {}

    static PrivateKey read(Path file) throws IOException {
        List<Pem> blocks;
        try {
            blocks = Pem.read(file);
        } catch (NoSuchFileException e) {
            throw new SSLException("TLS key file %s does not exist".formatted(file), e);
        }
        try {
            warnIfOthersMayRead(file);
            for (Pem block : blocks) {
                switch (block.label()) {
                    case "PRIVATE KEY" -> {
                        return parse(file, block.content());
                    }
                    case "RSA PRIVATE KEY" -> {
                        return parse(file, Der.sequence(VERSION, RSA, Der.octets(block.content())));
                    }
                    case "EC PRIVATE KEY" -> {
                        return parse(file, elliptic(file, block.content()));
                    }
                    case "ENCRYPTED PRIVATE KEY" ->
                        throw new SSLException(
                                "%s is encrypted with a passphrase, which is not supported".formatted(file));
                    default -> {
                        // Parameters and certificates may stand beside the key.
                    }
                }
            }
        } finally {
            blocks.forEach(block -> Arrays.fill(block.content(), (byte) 0));
        }
        throw new SSLException("%s holds no private key in PEM".formatted(file));
    }

    private static byte[] elliptic(Path file, byte[] key) throws SSLException {
        byte[] curve = Der.contextElement(key, 0);
        if (curve.length == 0) {
            throw new SSLException("%s does not name the curve of its key".formatted(file));
        }
        return Der.sequence(VERSION, Der.sequence(ELLIPTIC, curve), Der.octets(key));
    }

    private static PrivateKey parse(Path file, byte[] pkcs8) throws SSLException {
        try {
            for (String algorithm : ALGORITHMS) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
                } catch (GeneralSecurityException e) {
                    LOG.trace("{} is no key for {}", file, algorithm);
                }
            }
            throw new SSLException("%s holds no key for one of %s".formatted(file, ALGORITHMS));
        } finally {
            Arrays.fill(pkcs8, (byte) 0);
        }
    }

    /** A secret that others can read is none; said once each time it is loaded. */
    static void warnIfOthersMayRead(Path file) throws IOException {
        Set<PosixFilePermission> permissions;
        try {
            permissions = Files.getPosixFilePermissions(file);
        } catch (UnsupportedOperationException e) {
            return;
        }
        if (permissions.contains(PosixFilePermission.GROUP_READ)
                || permissions.contains(PosixFilePermission.OTHERS_READ)) {
            LOG.warn("{} can be read by others; its secret is safe only with: chmod 600 {}", file, file);
        }
    }
}
