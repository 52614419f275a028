// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

/** Which headers a session uses. */
enum ReplyStyle {
    SIMPLE(16, 28),
    STRUCTURED(20, 28),
    EXTENDED(32, 32);

    private final int replyHeader;
    private final int requestHeader;

    ReplyStyle(int replyHeader, int requestHeader) {
        this.replyHeader = replyHeader;
        this.requestHeader = requestHeader;
    }

    int replyHeader() {
        return replyHeader;
    }

    int requestHeader() {
        return requestHeader;
    }
}
