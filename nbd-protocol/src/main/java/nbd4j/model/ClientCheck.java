// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * The rules that a connection checks before it sends a request. Each can be switched off, to test how a server takes
 * the breach.
 *
 * <p>Source: proto.md, "Transmission flags", "Size constraints", "Command flags".
 */
public enum ClientCheck {
    /** The range lies inside the export. */
    BOUNDS,
    /** Offset and length are multiples of the minimum block size. */
    ALIGNMENT,
    /** Nothing is written to a read-only export. */
    READ_ONLY,
    /** The server advertised the command, and the flags that need it. */
    CAPABILITY,
    /** The flags are legal for the command. */
    FLAGS,
    /** A request of no bytes is not sent; it succeeds at once. */
    ZERO_LENGTH,
    /** Reads and writes are split at the server's maximum payload. */
    PAYLOAD
}
