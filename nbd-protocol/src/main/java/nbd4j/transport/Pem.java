// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * The blocks of a PEM file. Nothing of a file's content ever gets into a message.
 *
 * <p>Source: RFC 7468.
 */
final class Pem {
    /** No file of certificates or keys is larger; a URI might name any file. */
    static final int MAXIMUM_FILE = 1 << 20;

    private static final String BEGIN = "-----BEGIN ";
    private static final String DASHES = "-----";

    private final String label;
    private final byte[] content;

    private Pem(String label, byte[] content) {
        this.label = label;
        this.content = content;
    }

    /** Returns what stands behind {@code BEGIN}: {@code PRIVATE KEY}, for instance. */
    String label() {
        return label;
    }

    /** Returns the decoded bytes themselves; whoever asked for them wipes them. */
    byte[] content() {
        return content;
    }

    /** Reads a whole file. */
    static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAXIMUM_FILE + 1);
            if (bytes.length > MAXIMUM_FILE) {
                throw new SSLException("%s is larger than %d bytes".formatted(file, MAXIMUM_FILE));
            }
            return bytes;
        }
    }

    /** Returns all blocks of a file, in order. */
    static List<Pem> read(Path file) throws IOException {
        byte[] bytes = bytes(file);
        try {
            return parse(file, new String(bytes, StandardCharsets.ISO_8859_1));
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private static List<Pem> parse(Path file, String text) throws SSLException {
        var blocks = new ArrayList<Pem>();
        int begin = text.indexOf(BEGIN);
        while (begin >= 0) {
            int labelStart = begin + BEGIN.length();
            int labelEnd = text.indexOf(DASHES, labelStart);
            String label = labelEnd < 0 ? "" : text.substring(labelStart, labelEnd);
            int end = labelEnd < 0 ? -1 : text.indexOf("-----END " + label + DASHES, labelEnd);
            if (end < 0) {
                throw new SSLException("%s is cut off: a PEM block has no end".formatted(file));
            }
            blocks.add(new Pem(label, decode(file, text.substring(labelEnd + DASHES.length(), end))));
            begin = text.indexOf(BEGIN, end);
        }
        return blocks;
    }

    private static byte[] decode(Path file, String body) throws SSLException {
        if (body.indexOf(':') >= 0) {
            throw new SSLException("%s is encrypted with a passphrase, which is not supported".formatted(file));
        }
        try {
            return Base64.getDecoder().decode(body.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            // Without the cause, which quotes the file.
            throw new SSLException("%s is not base64 between the lines of PEM".formatted(file));
        }
    }
}
