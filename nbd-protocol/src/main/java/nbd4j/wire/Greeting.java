// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.NbdProtocolException;

/**
 * What a server says first.
 *
 * <pre>
 * 0  u64 magic    0x4E42444D41474943, "NBDMAGIC"
 * 8  u64 style    0x49484156454F5054 for newstyle, 0x0000420281861253 for oldstyle
 * </pre>
 *
 * <p>Source: proto.md, "Oldstyle negotiation", "Newstyle negotiation".
 */
public sealed interface Greeting {
    /** The part that both styles share, in bytes. */
    int PREFIX_BYTES = 16;

    /** The first eight bytes of every session. */
    long MAGIC = 0x4E42_444D_4147_4943L;

    /** Returns which handshake follows. */
    HandshakeStyle style();

    /**
     * A greeting without negotiation: it describes the only export.
     *
     * <pre>
     * 16 u64 size     bytes of the export
     * 24 u32 flags    transmission flags in the low half; the high half must be 0
     * 28 124 bytes    reserved, any content
     * </pre>
     *
     * @param size as sent, unsigned
     * @param flags as sent, unsigned 32 bits
     */
    record Oldstyle(long size, long flags) implements Greeting {
        /** What follows the prefix, in bytes. */
        public static final int BYTES = 136;

        static final long MAGIC = 0x0000_4202_8186_1253L;

        /** Reads what follows the prefix. */
        public static Oldstyle readFrom(ByteBuffer in) {
            return new Oldstyle(in.getLong(), Unsigned.u32(in));
        }

        @Override
        public HandshakeStyle style() {
            return HandshakeStyle.OLDSTYLE;
        }
    }

    /**
     * A greeting that opens a negotiation.
     *
     * <pre>
     * 16 u16 flags    handshake flags
     * </pre>
     *
     * @param flags as sent; bits that are not known are ignored
     */
    record Newstyle(int flags) implements Greeting {
        /** What follows the prefix, in bytes. */
        public static final int BYTES = 2;

        /** Options other than EXPORT_NAME may be sent. The client flag is the same bit. */
        public static final int FIXED_NEWSTYLE = 1;

        /** The answer to EXPORT_NAME may come without its 124 zeroes. The client flag is the same bit. */
        public static final int NO_ZEROES = 1 << 1;

        /** Reads what follows the prefix. */
        public static Newstyle readFrom(ByteBuffer in) {
            return new Newstyle(Unsigned.u16(in));
        }

        @Override
        public HandshakeStyle style() {
            return fixed() ? HandshakeStyle.FIXED_NEWSTYLE : HandshakeStyle.NEWSTYLE;
        }

        /** Returns whether options other than EXPORT_NAME may be sent. */
        public boolean fixed() {
            return (flags & FIXED_NEWSTYLE) != 0;
        }

        /** Returns whether the answer to EXPORT_NAME comes without its 124 zeroes, once the client agreed. */
        public boolean noZeroes() {
            return (flags & NO_ZEROES) != 0;
        }

        /** Returns the answer to the greeting, 4 bytes: every flag offered that the specification names. */
        public ByteBuffer clientFlags() {
            return ByteBuffer.allocate(4)
                    .putInt(flags & (FIXED_NEWSTYLE | NO_ZEROES))
                    .flip();
        }
    }

    /**
     * Reads the prefix.
     *
     * @return whether the style is newstyle, not oldstyle
     * @throws NbdProtocolException if it is neither
     */
    static boolean isNewstyle(ByteBuffer in) throws NbdProtocolException {
        long magic = in.getLong();
        if (magic != MAGIC) {
            throw new NbdProtocolException(
                    "greeting begins with 0x%016x, expected 0x%016x; is this an NBD server?".formatted(magic, MAGIC));
        }
        long style = in.getLong();
        if (style != Option.MAGIC && style != Oldstyle.MAGIC) {
            throw new NbdProtocolException(
                    "greeting of style 0x%016x, expected 0x%016x (newstyle) or 0x%016x (oldstyle)"
                            .formatted(style, Option.MAGIC, Oldstyle.MAGIC));
        }
        return style == Option.MAGIC;
    }
}
