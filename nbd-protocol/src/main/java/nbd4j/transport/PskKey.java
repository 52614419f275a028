// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * A pre-shared key out of a file of lines {@code user:hexkey}, as {@code psktool} of GnuTLS writes it. Neither the key
 * nor any other part of the file gets into a message.
 */
final class PskKey {
    /** Longest that TLS 1.3 and GnuTLS agree on. */
    private static final int MAXIMUM_KEY_BYTES = 64;

    private final String user;
    private final byte[] key;

    private PskKey(String user, byte[] key) {
        this.user = user;
        this.key = key;
    }

    /**
     * Reads the line of one user.
     *
     * @param username default the name of the user who runs this JVM
     * @throws SSLException if there is no such file or no such line, or if the line is malformed
     */
    static PskKey read(Path file, Optional<String> username) throws IOException {
        String user = username.orElseGet(() -> System.getProperty("user.name", ""));
        byte[] bytes;
        try {
            bytes = Pem.bytes(file);
        } catch (NoSuchFileException e) {
            throw new SSLException("TLS pre-shared key file %s does not exist".formatted(file), e);
        }
        PrivateKeys.warnIfOthersMayRead(file);
        try {
            return new String(bytes, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(user + ":"))
                    .findFirst()
                    .map(line -> line.substring(user.length() + 1).strip())
                    .map(hex -> new PskKey(user, decode(hex)))
                    .filter(key -> key.key.length > 0)
                    .orElseThrow(() -> new SSLException(
                            ("%s has no line \"%s:\" with 1 to %d bytes in hexadecimal behind it; another user name goes"
                                            + " into the URI: nbds://user@host/")
                                    .formatted(file, PeerText.path(user), MAXIMUM_KEY_BYTES)));
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /** Returns nothing for what is no key. */
    private static byte[] decode(String hex) {
        boolean wellFormed = hex.length() <= 2 * MAXIMUM_KEY_BYTES
                && hex.length() % 2 == 0
                && hex.chars().allMatch(HexFormat::isHexDigit);
        return wellFormed ? HexFormat.of().parseHex(hex) : new byte[0];
    }

    byte[] identity() {
        return user.getBytes(StandardCharsets.UTF_8);
    }

    byte[] key() {
        return key.clone();
    }

    @Override
    public String toString() {
        return "key of " + PeerText.path(user);
    }
}
