// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.time.Duration;

/**
 * What to do to an export, and for how long.
 *
 * @param access which requests, and in which order
 * @param blockSize bytes of each request
 * @param depth requests in flight on each connection
 * @param connections how many connections
 * @param duration how long to measure
 * @param warmUp how long to work before measuring
 * @param offset where the range begins, in bytes
 * @param size length of the range in bytes, a multiple of the block size
 * @param rate requests a second over all connections; 0 for as many as it takes. With a rate, latency counts from the
 *     moment a request was due, so that a stall is charged to every request it delayed
 * @param readPercent how many of a hundred requests of {@link Access#RANDRW} are reads
 * @param seed of the random offsets and of the content written
 * @param verify whether to read back what was written, at the end
 */
public record Workload(
        Access access,
        int blockSize,
        int depth,
        int connections,
        Duration duration,
        Duration warmUp,
        long offset,
        long size,
        double rate,
        int readPercent,
        long seed,
        boolean verify) {
    /** Which requests, and in which order. */
    public enum Access {
        /** Reads, one block after the other. */
        READ,
        /** Writes, one block after the other. */
        WRITE,
        /** Reads of random blocks. */
        RANDREAD,
        /** Writes of random blocks. */
        RANDWRITE,
        /** Reads and writes of random blocks. */
        RANDRW,
        /** Zeroing, one block after the other. */
        ZERO,
        /** Trimming, one block after the other. */
        TRIM;

        /** Returns whether the export is changed. */
        public boolean writes() {
            return this != READ && this != RANDREAD;
        }

        /** Returns whether blocks are taken at random. */
        boolean random() {
            return this == RANDREAD || this == RANDWRITE || this == RANDRW;
        }
    }

    /** Returns how many blocks the range has. */
    long blocks() {
        return size / blockSize;
    }

    /** Returns how many requests are in flight over all connections. */
    int workers() {
        return depth * connections;
    }

    /** Returns this workload with another depth. */
    public Workload withDepth(int newDepth) {
        return new Workload(
                access,
                blockSize,
                newDepth,
                connections,
                duration,
                warmUp,
                offset,
                size,
                rate,
                readPercent,
                seed,
                verify);
    }

    /** Returns this workload with another number of connections. */
    public Workload withConnections(int newConnections) {
        return new Workload(
                access,
                blockSize,
                depth,
                newConnections,
                duration,
                warmUp,
                offset,
                size,
                rate,
                readPercent,
                seed,
                verify);
    }

    /** Returns this workload with another block size; the range is cut to a multiple of it. */
    public Workload withBlockSize(int newBlockSize) {
        return new Workload(
                access,
                newBlockSize,
                depth,
                connections,
                duration,
                warmUp,
                offset,
                size - size % newBlockSize,
                rate,
                readPercent,
                seed,
                verify);
    }
}
