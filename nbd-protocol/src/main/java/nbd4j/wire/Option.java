// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.nio.ByteBuffer;

/**
 * The options that this client sends, each with the kind of reply that may come before the final one.
 *
 * <pre>
 * 0  u64 magic    0x49484156454F5054, "IHAVEOPT"
 * 8  u32 option   number of the option
 * 12 u32 length   bytes of data that follow
 * 16 ... data
 * </pre>
 *
 * <p>PEEK_EXPORT (4) was withdrawn and is not here.
 *
 * <p>Source: proto.md, "Option types", "Newstyle negotiation".
 */
public enum Option {
    /** Names the export and ends the negotiation; its answer is not an option reply. */
    EXPORT_NAME(1, 0, 0),
    /** Ends the negotiation and the connection. */
    ABORT(2, 0, 0),
    /** Lists exports. A server with more than 10 000 is beyond what a person picks from. */
    LIST(3, OptionReplyHeader.SERVER, 10_000),
    /** Switches to TLS. */
    STARTTLS(5, 0, 0),
    /** Describes an export. */
    INFO(6, OptionReplyHeader.INFO, Option.MOST_REPLIES),
    /** Describes an export and begins the transmission phase. */
    GO(7, OptionReplyHeader.INFO, Option.MOST_REPLIES),
    /** Asks for structured replies. */
    STRUCTURED_REPLY(8, 0, 0),
    /** Lists metadata contexts. */
    LIST_META_CONTEXT(9, OptionReplyHeader.META_CONTEXT, Option.MOST_REPLIES),
    /** Chooses metadata contexts. */
    SET_META_CONTEXT(10, OptionReplyHeader.META_CONTEXT, Option.MOST_REPLIES),
    /** Asks for extended headers. */
    EXTENDED_HEADERS(11, 0, 0);

    /** The first eight bytes of every option, and the second eight of a newstyle greeting. */
    public static final long MAGIC = 0x49484156454F5054L;

    /** Encoded size of an option without data. */
    public static final int BYTES = 16;

    /** Most replies to options whose replies are few; servers send under ten, an endless stream must end. */
    private static final int MOST_REPLIES = 64;

    private final int number;
    private final long replyType;
    private final int mostReplies;

    Option(int number, long replyType, int mostReplies) {
        this.number = number;
        this.replyType = replyType;
        this.mostReplies = mostReplies;
    }

    /** Returns the number on the wire. */
    public int number() {
        return number;
    }

    /** Returns the type of the replies that may come before the final one; 0 if none may. */
    public long replyType() {
        return replyType;
    }

    /** Returns how many replies this client accepts before the final one. */
    public int mostReplies() {
        return mostReplies;
    }

    /** Returns the whole option, ready to be written. */
    public ByteBuffer encode(byte[] data) {
        ByteBuffer out = ByteBuffer.allocate(BYTES + data.length);
        out.putLong(MAGIC);
        out.putInt(number);
        out.putInt(data.length);
        return out.put(data).flip();
    }
}
