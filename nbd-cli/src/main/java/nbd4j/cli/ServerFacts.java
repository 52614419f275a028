// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import nbd4j.model.HandshakeStyle;
import nbd4j.model.ReplyStyle;

/**
 * What {@code nbd info} shows of a server.
 *
 * @param style how the handshake went
 * @param tls whether it is encrypted
 * @param replies what was negotiated
 */
record ServerFacts(HandshakeStyle style, boolean tls, ReplyStyle replies) {
    /** Returns the name of the protocol in the words of nbdinfo. */
    String protocol() {
        return switch (style) {
            case OLDSTYLE -> "oldstyle";
            case NEWSTYLE -> "newstyle";
            case FIXED_NEWSTYLE -> "newstyle-fixed";
        };
    }

    /** Returns what the packets are called in the words of nbdinfo. */
    String packets() {
        return switch (replies) {
            case SIMPLE -> "simple";
            case STRUCTURED -> "structured";
            case EXTENDED -> "extended";
        };
    }
}
