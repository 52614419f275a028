// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * How a server answers in the transmission phase, as negotiated.
 *
 * <p>Source: proto.md, "Simple reply message", "Structured reply chunk message", "Extended reply chunk message".
 */
public enum ReplyStyle {
    /** Simple replies only: no block status, no holes in reads. */
    SIMPLE,
    /** Structured replies: reads and block status come in chunks. */
    STRUCTURED,
    /** Extended headers: as structured, with lengths of 64 bits. */
    EXTENDED
}
