// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/** How a server answers in the transmission phase, as negotiated. */
public enum ReplyStyle {
    /** Simple replies only: no block status, no holes in reads. */
    SIMPLE,
    /** Structured replies: reads and block status come in chunks. */
    STRUCTURED,
    /** Extended headers: as structured, with lengths of 64 bits. */
    EXTENDED
}
