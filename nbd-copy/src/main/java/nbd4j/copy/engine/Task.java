// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

/**
 * What a worker does next.
 *
 * @param kind which work
 * @param offset bytes from the start of the disk
 * @param length bytes; 0 for {@link Kind#STREAM}, whose length shows when it is read
 * @param ticket place in the order of the disk, for targets that are written in order; -1 for {@link Kind#RUN} and
 *     {@link Kind#FILL}, which have none
 */
record Task(Kind kind, long offset, long length, long ticket) {
    enum Kind {
        /** Read a range and write it. */
        COPY,
        /** A range that reads as zeroes, not yet joined with its neighbours. */
        ZERO,
        /** Read what comes next from a sequential source, and write it. */
        STREAM,
        /** Make a joined range read as zeroes. */
        RUN,
        /** Write zeroes, because the target cannot be told to. */
        FILL
    }

    static Task run(long offset, long length) {
        return new Task(Kind.RUN, offset, length, -1);
    }

    static Task fill(long offset, long length) {
        return new Task(Kind.FILL, offset, length, -1);
    }

    long end() {
        return offset + length;
    }
}
