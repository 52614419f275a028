// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/**
 * The part of a disk that {@code --range} names.
 *
 * @param offset bytes
 * @param length bytes; {@link Long#MAX_VALUE} for the rest of the disk
 */
record MapRange(long offset, long length) {
    static final MapRange ALL = new MapRange(0, Long.MAX_VALUE);

    /** Reads {@code OFFSET+LENGTH}, {@code OFFSET+} or {@code OFFSET}: to the end of the disk. */
    static MapRange parse(String text) throws UsageException {
        int plus = text.indexOf('+');
        long offset = HumanSize.parse("--range", plus < 0 ? text : text.substring(0, plus));
        boolean toTheEnd = plus < 0 || plus == text.length() - 1;
        return new MapRange(offset, toTheEnd ? Long.MAX_VALUE : HumanSize.parse("--range", text.substring(plus + 1)));
    }

    /** Returns the offset after the range on a disk of a size. */
    long end(long size) {
        return length >= size - offset ? size : offset + length;
    }

    /** Returns this range if it begins inside the disk. */
    MapRange requireInside(long size) throws FailureException {
        if (offset > size) {
            throw new FailureException(
                    ExitCode.FAILED, "--range begins at %d, but the export has %d bytes".formatted(offset, size));
        }
        return this;
    }
}
