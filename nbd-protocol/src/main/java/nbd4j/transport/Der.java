// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** As much of ASN.1's encoding DER as it takes to bring old forms of private keys into the new one. */
final class Der {
    private static final int OCTET_STRING = 0x04;
    private static final int SEQUENCE = 0x30;
    private static final int CONTEXT = 0xA0;

    private Der() {}

    static byte[] sequence(byte[]... elements) {
        var content = new ByteArrayOutputStream();
        for (byte[] element : elements) {
            content.writeBytes(element);
        }
        return element(SEQUENCE, content.toByteArray());
    }

    static byte[] octets(byte[] content) {
        return element(OCTET_STRING, content);
    }

    private static byte[] element(int tag, byte[] content) {
        var out = new ByteArrayOutputStream(content.length + 4);
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else if (content.length < 0x100) {
            out.write(0x81);
            out.write(content.length);
        } else if (content.length < 0x10000) {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        } else {
            out.write(0x83);
            out.write(content.length >> 16);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    /** Returns the content of the element with a context tag in a sequence; nothing if there is none or it is broken. */
    static byte[] contextElement(byte[] sequence, int number) {
        int[] at = header(sequence, 0, SEQUENCE);
        int position = at[0];
        while (position >= 0 && position < sequence.length) {
            int[] element = header(sequence, position, -1);
            if (element[0] < 0) {
                return new byte[0];
            }
            if ((sequence[position] & 0xFF) == CONTEXT + number) {
                return Arrays.copyOfRange(sequence, element[0], element[0] + element[1]);
            }
            position = element[0] + element[1];
        }
        return new byte[0];
    }

    /** Returns where the content of the element begins and how long it is; -1 as the beginning if it is broken. */
    private static int[] header(byte[] bytes, int position, int tag) {
        int[] broken = {-1, 0};
        if (position + 2 > bytes.length || (tag >= 0 && (bytes[position] & 0xFF) != tag)) {
            return broken;
        }
        int length = bytes[position + 1] & 0xFF;
        int content = position + 2;
        if (length >= 0x80) {
            int count = length - 0x80;
            if (count < 1 || count > 3 || content + count > bytes.length) {
                return broken;
            }
            length = 0;
            for (int i = 0; i < count; i++) {
                length = length << 8 | (bytes[content++] & 0xFF);
            }
        }
        return content + length > bytes.length ? broken : new int[] {content, length};
    }
}
