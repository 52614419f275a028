// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * How a server greets.
 *
 * <p>Source: proto.md, "Handshake".
 */
public enum HandshakeStyle {
    /** One export, no options. */
    OLDSTYLE,
    /** One option only, the export name. */
    NEWSTYLE,
    /** Any number of options. */
    FIXED_NEWSTYLE
}
