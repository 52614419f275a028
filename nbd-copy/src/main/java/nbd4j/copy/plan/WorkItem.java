// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.plan;

/** One piece of a copy, half-open, in bytes from the start of the disk. */
public sealed interface WorkItem {
    /** Returns where the piece begins. */
    long offset();

    /** Returns its length, more than 0. */
    long length();

    /** Returns the first byte behind the piece. */
    default long end() {
        return offset() + length();
    }

    /**
     * Bytes to be read and written; at most one request long.
     *
     * @param offset bytes
     * @param length bytes
     */
    record Copy(long offset, long length) implements WorkItem {}

    /**
     * Bytes that read as zeroes and are not read; as long as the source said.
     *
     * @param offset bytes
     * @param length bytes
     */
    record Zero(long offset, long length) implements WorkItem {}
}
