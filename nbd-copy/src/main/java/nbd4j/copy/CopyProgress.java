// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How far a copy is. Counts what is finished on the target, not what was begun; written, zeroed and skipped add up to
 * {@link #finished}, and to the size when the copy is done.
 *
 * @param size bytes to copy, or nothing for a stream that has not ended
 * @param read bytes read from the source
 * @param written bytes of data written
 * @param zeroed bytes made to read as zeroes, by commands or by written zeroes
 * @param skipped bytes that read as zeroes on both ends already
 * @param retried requests that were repeated
 * @param reconnects connections that were made again, both ends together
 * @param rounds passes that were begun again because the target's server was restarted
 * @param warnings warnings that were logged
 * @param elapsed time since the copy began
 */
public record CopyProgress(
        OptionalLong size,
        long read,
        long written,
        long zeroed,
        long skipped,
        long retried,
        long reconnects,
        long rounds,
        long warnings,
        Duration elapsed) {
    /** Returns the bytes that are finished. */
    public long finished() {
        return written + zeroed + skipped;
    }

    /** Returns the part that is finished, 0 to 1; 0 while the size is not known, 1 for an empty disk. */
    public double fraction() {
        if (size.isEmpty()) {
            return 0;
        }
        return size.getAsLong() == 0 ? 1 : Math.min(1, (double) finished() / size.getAsLong());
    }

    /** Returns the finished bytes per second on average; 0 if no time has passed. */
    public double bytesPerSecond() {
        long nanos = elapsed.toNanos();
        return nanos == 0 ? 0 : finished() * 1e9 / nanos;
    }
}
