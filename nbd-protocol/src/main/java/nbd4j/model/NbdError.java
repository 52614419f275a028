// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * The error values of the transmission phase. They are numbers of the protocol, not of a platform.
 *
 * <p>Source: proto.md, "Error values".
 */
public enum NbdError {
    /** Operation not permitted; a write to a read-only export. */
    EPERM(1, false),
    /** Input/output error. */
    EIO(5, true),
    /** Cannot allocate memory. */
    ENOMEM(12, true),
    /** Invalid argument. */
    EINVAL(22, false),
    /** No space left on device; a write beyond the end. */
    ENOSPC(28, false),
    /** Value too large. */
    EOVERFLOW(75, false),
    /** Operation not supported; a fast zero that would not be fast. */
    ENOTSUP(95, false),
    /** The server is shutting down. */
    ESHUTDOWN(108, true);

    private final int value;
    private final boolean retryable;

    NbdError(int value, boolean retryable) {
        this.value = value;
        this.retryable = retryable;
    }

    /** Returns the value on the wire. */
    public int value() {
        return value;
    }

    /** Returns whether the same request may succeed later. */
    public boolean retryable() {
        return retryable;
    }

    /** Returns the error of a value on the wire, unsigned 32 bits; {@link #EINVAL} if the value is not named. */
    public static NbdError of(long value) {
        NbdError known = named(value);
        return known == null ? EINVAL : known;
    }

    /** Returns the name and the number: {@code EIO (5)}, or {@code error 9999 (taken as EINVAL)}. */
    static String describe(long value) {
        NbdError known = named(value);
        return known == null ? "error " + value + " (taken as EINVAL)" : known + " (" + value + ")";
    }

    private static @org.jspecify.annotations.Nullable NbdError named(long value) {
        for (NbdError error : values()) {
            if (error.value == value) {
                return error;
            }
        }
        return null;
    }
}
