// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * What INFO and GO can ask of an export besides its size and its flags, which every server sends unasked.
 *
 * <p>Source: proto.md, "Information types".
 */
public enum InformationType {
    /** The server's own name for the export. */
    NAME(1),
    /** The server's words for people. */
    DESCRIPTION(2),
    /** The request sizes that the export accepts. */
    BLOCK_SIZE(3);

    private final int value;

    InformationType(int value) {
        this.value = value;
    }

    /** Returns the number on the wire, 16 bits. */
    public int value() {
        return value;
    }
}
