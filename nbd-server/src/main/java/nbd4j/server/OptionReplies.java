// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import nbd4j.server.net.Wire;

/**
 * Writes replies to options.
 *
 * <pre>
 * 0  u64 magic   0x0003e889045565a9
 * 8  u32 option  the one replied to
 * 12 u32 type    reply type
 * 16 u32 length  bytes of data that follow
 * </pre>
 *
 * <p>Source: proto.md, "Fixed newstyle negotiation". Used by one thread.
 */
final class OptionReplies {
    /** More than the longest reply: a header, a name and a description. */
    private static final int BUFFER = 16 << 10;

    private final Wire wire;
    private final ByteBuffer out = ByteBuffer.allocate(BUFFER);

    OptionReplies(Wire wire) {
        this.wire = wire;
    }

    private void header(int option, int type, int length) throws IOException {
        if (out.remaining() < 20 + length) {
            flush();
        }
        out.putLong(Numbers.OPTION_REPLY_MAGIC).putInt(option).putInt(type).putInt(length);
    }

    void acknowledge(int option) throws IOException {
        header(option, Numbers.REP_ACK, 0);
        flush();
    }

    void refuse(int option, int error, String message) throws IOException {
        var text = Texts.limited(message);
        header(option, error, text.length);
        out.put(text);
        flush();
    }

    void server(int option, String name, String description) throws IOException {
        var nameBytes = name.getBytes(StandardCharsets.UTF_8);
        var descriptionBytes = description.getBytes(StandardCharsets.UTF_8);
        header(option, Numbers.REP_SERVER, 4 + nameBytes.length + descriptionBytes.length);
        out.putInt(nameBytes.length).put(nameBytes).put(descriptionBytes);
    }

    void infoExport(int option, long size, int flags) throws IOException {
        header(option, Numbers.REP_INFO, 12);
        out.putShort((short) Numbers.INFO_EXPORT).putLong(size).putShort((short) flags);
    }

    void infoText(int option, int type, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        header(option, Numbers.REP_INFO, 2 + bytes.length);
        out.putShort((short) type).put(bytes);
    }

    void infoBlockSize(int option, BlockLimits limits) throws IOException {
        header(option, Numbers.REP_INFO, 14);
        out.putShort((short) Numbers.INFO_BLOCK_SIZE)
                .putInt(limits.minimum())
                .putInt(limits.preferred())
                .putInt(limits.maximumPayload());
    }

    void context(int option, int id, String name) throws IOException {
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        header(option, Numbers.REP_META_CONTEXT, 4 + bytes.length);
        out.putInt(id).put(bytes);
    }

    private void flush() throws IOException {
        wire.write(out.flip());
        out.clear();
    }
}
