// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * A range of an export with one status; adjacent extents of one list differ in their flags.
 *
 * @param offset bytes from the start of the export
 * @param length bytes, more than 0
 * @param flags the context's status; for {@code base:allocation} see {@link #hole} and {@link #zero}
 */
public record Extent(long offset, long length, long flags) {
    /** Refuses an empty, negative or overflowing range. */
    public Extent {
        if (offset < 0 || length <= 0 || offset > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("extent of %d bytes at %d is not a range".formatted(length, offset));
        }
    }

    /** Returns the offset of the first byte behind this extent. */
    public long end() {
        return offset + length;
    }

    /** Returns whether {@code base:allocation} calls the range a hole. What it reads as is told by {@link #zero}. */
    public boolean hole() {
        return (flags & MetaContext.STATE_HOLE) != 0;
    }

    /** Returns whether {@code base:allocation} says that the range reads as zeroes. */
    public boolean zero() {
        return (flags & MetaContext.STATE_ZERO) != 0;
    }
}
