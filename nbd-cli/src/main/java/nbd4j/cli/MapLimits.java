// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.time.Duration;

/**
 * How much of a map to take from a server that has more of it than anybody reads.
 *
 * @param rows rows after neighbours were joined
 * @param time how long to go on asking
 */
record MapLimits(long rows, Duration time) {
    /** A fragmented disk of some TiB has a million extents. Four million are some 200 MB of text. */
    static final long DEFAULT_ROWS = 1 << 22;

    /** Status calls of 20 ms over a 64 TiB disk, one GiB each and 16 at a time, take 80 s. */
    static final Duration DEFAULT_TIME = Duration.ofMinutes(10);
}
