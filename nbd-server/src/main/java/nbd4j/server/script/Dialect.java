// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

/** Which headers a scripted server agrees to use. */
public enum Dialect {
    /** Options 11, 8 and 10 are refused: simple replies. */
    SIMPLE,
    /** Option 11 is refused, 8 and 10 are granted: structured replies. */
    STRUCTURED,
    /** Options 11 and 10 are granted: extended headers. */
    EXTENDED;

    private static final String REPLY = "0003e889045565a9 ";
    /** What GO is answered with: size 0x100000, flags 0x0ded. */
    public static final String GO_GRANTED =
            REPLY + "00000007 00000003 0000000c 0000 0000000000100000 0ded " + REPLY + "00000007 00000001 00000000";

    private static final String CONTEXT_GRANTED =
            REPLY + "0000000a 00000004 00000013 00000001626173653a616c6c6f636174696f6e ";

    /** Returns the usual answer to an option, in hex. */
    String answer(int option) {
        String acknowledge = REPLY + "%08x 00000001 00000000".formatted(option);
        String refuse = REPLY + "%08x 80000001 00000000".formatted(option);
        return switch (option) {
            case 2 -> acknowledge;
            case 7 -> GO_GRANTED;
            case 8 -> this == STRUCTURED ? acknowledge : refuse;
            case 10 -> this == SIMPLE ? refuse : CONTEXT_GRANTED + acknowledge;
            case 11 -> this == EXTENDED ? acknowledge : refuse;
            default -> refuse;
        };
    }

    /** Returns a correct reply to a request, in hex: bytes 0x55 for a read, all data for block status. */
    String goodReply(SeenRequest request) {
        String cookie = "%016x ".formatted(request.cookie());
        String offset = "%016x ".formatted(request.offset());
        boolean read = request.type() == 0;
        boolean status = request.type() == 7;
        if (this == SIMPLE || !(read || status || this == EXTENDED)) {
            return "67446698 00000000 " + cookie + (read ? "55*" + request.length() : "");
        }
        long length = read ? request.length() + 8 : 0;
        String payload = read ? offset + "55*" + request.length() : "";
        int type = read ? 1 : 0;
        if (status) {
            type = this == EXTENDED ? 6 : 5;
            length = this == EXTENDED ? 24 : 12;
            payload = this == EXTENDED
                    ? "00000001 00000001 %016x 0000000000000000".formatted(request.length())
                    : "00000001 %08x 00000000".formatted(request.length());
        }
        return this == EXTENDED
                ? "6e8a278c 0001 %04x ".formatted(type) + cookie + offset + "%016x ".formatted(length) + payload
                : "668e33ef 0001 %04x ".formatted(type) + cookie + "%08x ".formatted(length) + payload;
    }
}
