// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;
import nbd4j.model.BlockSizes;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.TransmissionFlags;

/**
 * One piece of information of an export.
 *
 * <pre>
 * 0  u16 type     0 size and flags, 1 canonical name, 2 description, 3 block sizes
 * 2  ... content
 * </pre>
 *
 * <p>Source: proto.md, {@code NBD_REP_INFO}, "Information types".
 */
public sealed interface InfoReply {
    /** Encoded size of the type. */
    int TYPE_BYTES = 2;

    /**
     * Size and flags: u64, u16.
     *
     * @param size as sent, unsigned
     * @param flags as sent
     */
    record Export(long size, TransmissionFlags flags) implements InfoReply {}

    /**
     * The server's own name for the export.
     *
     * @param text as sent
     */
    record Name(String text) implements InfoReply {}

    /**
     * Words for people.
     *
     * @param text escaped
     */
    record Description(String text) implements InfoReply {}

    /**
     * Request sizes: u32 minimum, u32 preferred, u32 maximum.
     *
     * @param sizes as sent, and legal
     */
    record Blocks(BlockSizes sizes) implements InfoReply {}

    /**
     * A kind that this client does not know, to be ignored.
     *
     * @param type as sent
     */
    record Unknown(int type) implements InfoReply {}

    /** Returns whether the content of a type is known to this client; the others may have any length. */
    static boolean isKnown(int type) {
        return type <= 3;
    }

    /** Reads the data of a reply. */
    static InfoReply readFrom(ByteBuffer in) throws NbdProtocolException {
        if (in.remaining() < TYPE_BYTES) {
            throw new NbdProtocolException("INFO of %d bytes, at least 2 are needed".formatted(in.remaining()));
        }
        int type = Unsigned.u16(in);
        return switch (type) {
            case 0 -> {
                requireContent("INFO_EXPORT", in, 10);
                yield new Export(in.getLong(), new TransmissionFlags(Unsigned.u16(in)));
            }
            case 1 -> new Name(WireText.decodeName("INFO_NAME", in, in.remaining()));
            case 2 -> new Description(WireText.decodeDisplay("INFO_DESCRIPTION", in, in.remaining()));
            case 3 -> {
                requireContent("INFO_BLOCK_SIZE", in, 12);
                yield new Blocks(blockSizes(Unsigned.u32(in), Unsigned.u32(in), Unsigned.u32(in)));
            }
            default -> new Unknown(type);
        };
    }

    private static void requireContent(String what, ByteBuffer in, int bytes) throws NbdProtocolException {
        if (in.remaining() != bytes) {
            throw new NbdProtocolException("%s of %d bytes, exactly %d are due"
                    .formatted(what, TYPE_BYTES + in.remaining(), TYPE_BYTES + bytes));
        }
    }

    private static BlockSizes blockSizes(long minimum, long preferred, long maximum) throws NbdProtocolException {
        try {
            return new BlockSizes(Math.toIntExact(Math.min(minimum, Integer.MAX_VALUE)), preferred, maximum);
        } catch (IllegalArgumentException e) {
            throw new NbdProtocolException(
                    "illegal block sizes, minimum %d, preferred %d, maximum %d: %s"
                            .formatted(minimum, preferred, maximum, e.getMessage()),
                    e);
        }
    }
}
