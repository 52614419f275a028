// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Bytes written as text: hexadecimal digits, with {@code CK} for the cookie of a request, {@code CK^1} for a cookie that
 * no request has, and {@code 55*4096} for many bytes. Blanks and bars mean nothing.
 */
final class Hex {
    private Hex() {}

    static byte[] bytes(String text, long cookie) {
        var out = new ByteArrayOutputStream();
        for (String word : text.replace('|', ' ').strip().split("\\s+", -1)) {
            switch (word) {
                case "" -> {}
                case "CK" -> out.writeBytes(u64(cookie));
                case "CK^1" -> out.writeBytes(u64(cookie ^ 1));
                default -> run(word, out);
            }
        }
        return out.toByteArray();
    }

    private static void run(String word, ByteArrayOutputStream out) {
        int star = word.indexOf('*');
        byte[] unit = HexFormat.of().parseHex(star < 0 ? word : word.substring(0, star));
        int times = star < 0 ? 1 : Integer.parseInt(word.substring(star + 1));
        for (int i = 0; i < times; i++) {
            out.writeBytes(unit);
        }
    }

    private static byte[] u64(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
