// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

/** What servers say and what clients must say, as hexadecimal text without spaces where it is to be compared. */
public final class Script {
    /** A greeting with both handshake flags. */
    public static final String GREETING = greeting(3);

    /** The answer to it. */
    public static final String CLIENT_FLAGS = "00000003";

    /** What ends a negotiation. */
    public static final String ABORT = option(2, "");

    /** STARTTLS. */
    public static final String STARTTLS = option(5, "");

    /** STRUCTURED_REPLY. */
    public static final String STRUCTURED_REPLY = option(8, "");

    /** EXTENDED_HEADERS. */
    public static final String EXTENDED_HEADERS = option(11, "");

    /** LIST. */
    public static final String LIST = option(3, "");

    /** GO for the default export, asking for block sizes. */
    public static final String GO = "49484156454f5054" + "00000007" + "00000008" + "00000000" + "0001" + "0003";

    /** SET_META_CONTEXT for the default export and base:allocation. */
    public static final String SET_META = "49484156454f5054" + "0000000a" + "0000001b" + "00000000" + "00000001"
            + "0000000f" + "626173653a616c6c6f636174696f6e";

    /** INFO_EXPORT of 1 MiB with many flags. */
    public static final String INFO_EXPORT = info("0000 0000000000100000 0ded");

    /** Types of error replies. */
    public static final long UNSUP = 0x80000001L;

    /** The server's policy. */
    public static final long POLICY = 0x80000002L;

    /** TLS first. */
    public static final long TLS_REQD = 0x80000005L;

    /** No such export. */
    public static final long UNKNOWN = 0x80000006L;

    private Script() {}

    /** Returns a newstyle greeting. */
    public static String greeting(int flags) {
        return "4e42444d41474943 49484156454f5054 %04x ".formatted(flags);
    }

    /** Returns an oldstyle greeting. */
    public static String oldstyle(String size, String flags) {
        return "4e42444d41474943 0000420281861253 " + size + " " + flags + " 00*124 ";
    }

    /** Returns an option as the client must send it. */
    public static String option(int option, String data) {
        byte[] bytes = data.isEmpty() ? new byte[0] : Hex.bytes(data);
        return "49484156454f5054%08x%08x%s".formatted(option, bytes.length, Hex.text(bytes));
    }

    /** Returns a reply to an option. */
    public static String reply(int option, long type, String data) {
        byte[] bytes = data.isEmpty() ? new byte[0] : Hex.bytes(data);
        return "0003e889045565a9 %08x %08x %08x %s ".formatted(option, type, bytes.length, Hex.text(bytes));
    }

    /** Returns an acknowledgement. */
    public static String ack(int option) {
        return reply(option, 1, "");
    }

    /** Returns a refusal without text. */
    public static String refusal(int option, long type) {
        return reply(option, type, "");
    }

    /** Returns an INFO reply to GO. */
    public static String info(String data) {
        return reply(7, 3, data);
    }

    /** Returns a successful answer to GO. */
    public static String going() {
        return INFO_EXPORT + ack(7);
    }

    /** Returns a META_CONTEXT reply. */
    public static String context(int option, long id, String name) {
        return reply(option, 4, "%08x ".formatted(id) + Hex.utf8(name));
    }

    /** Returns refusals of extended headers and structured replies. */
    public static String simple() {
        return refusal(11, UNSUP) + refusal(8, UNSUP);
    }

    /** Returns what switches structured replies on, up to the choice of contexts. */
    public static String structured() {
        return refusal(11, UNSUP) + ack(8);
    }

    /** Returns the agreement to base:allocation as context 1. */
    public static String baseAllocation() {
        return context(10, 1, "base:allocation") + ack(10);
    }
}
