// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

/**
 * The errors a command may end with.
 *
 * <p>Source: proto.md, "Error values".
 */
public enum ErrorCode {
    /** Operation not permitted, such as a write to a read-only export. */
    EPERM(1),
    /** Input or output failed. */
    EIO(5),
    /** Out of memory. */
    ENOMEM(12),
    /** Invalid request. */
    EINVAL(22),
    /** No space left, also for a write past the end. */
    ENOSPC(28),
    /** Too large to be answered in one piece. */
    EOVERFLOW(75),
    /** Not supported; used to refuse a fast zero. */
    ENOTSUP(95),
    /** The server is going away. */
    ESHUTDOWN(108);

    private final int number;

    ErrorCode(int number) {
        this.number = number;
    }

    /**
     * Returns the value on the wire.
     *
     * @return the same on every platform
     */
    public int number() {
        return number;
    }
}
