// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.StringTokenizer;

/** Bytes as hexadecimal text. Spaces and bars are ignored; {@code 55*16} is sixteen bytes of 0x55. */
public final class Hex {
    private Hex() {}

    /** Returns the bytes. */
    public static byte[] bytes(String text) {
        var out = new ByteArrayOutputStream();
        var words = new StringTokenizer(text, " |\n");
        while (words.hasMoreTokens()) {
            String word = words.nextToken();
            int star = word.indexOf('*');
            byte[] bytes = HexFormat.of().parseHex(star < 0 ? word : word.substring(0, star));
            int times = star < 0 ? 1 : Integer.parseInt(word.substring(star + 1));
            for (int i = 0; i < times; i++) {
                out.writeBytes(bytes);
            }
        }
        return out.toByteArray();
    }

    /** Returns the text, without spaces. */
    public static String text(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** Returns the text of some text's bytes in UTF-8. */
    public static String utf8(String text) {
        return text(text.getBytes(StandardCharsets.UTF_8));
    }
}
