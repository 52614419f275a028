// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

/**
 * A run of bytes with one status.
 *
 * <p>Source: proto.md, "Metadata querying", {@code base:allocation}.
 *
 * @param length bytes, at least 1
 * @param flags what the context says of them; for {@code base:allocation} a union of {@link #HOLE} and {@link #ZERO}
 */
public record Extent(long length, long flags) {
    /** The bytes take no space, and need not read as zeroes. */
    public static final long HOLE = 1;
    /** The bytes read as zeroes. */
    public static final long ZERO = 2;

    /** Checks that there is at least one byte. */
    public Extent {
        if (length < 1) {
            throw new IllegalArgumentException("extent of " + length + " bytes, allowed are 1 and more");
        }
    }

    /**
     * Returns a run of allocated bytes of any content.
     *
     * @param length bytes
     * @return flags 0
     */
    public static Extent data(long length) {
        return new Extent(length, 0);
    }

    /**
     * Returns a run that takes no space and reads as zeroes.
     *
     * @param length bytes
     * @return flags 3
     */
    public static Extent hole(long length) {
        return new Extent(length, HOLE | ZERO);
    }

    /**
     * Returns a run that takes space and reads as zeroes.
     *
     * @param length bytes
     * @return flags 2
     */
    public static Extent zero(long length) {
        return new Extent(length, ZERO);
    }
}
