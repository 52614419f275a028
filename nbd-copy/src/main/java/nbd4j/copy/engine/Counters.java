// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a copy has done so far, in bytes and times. Counts what is finished, not what was begun. Any number of threads.
 *
 * <p>Written, zeroed and skipped add up to the size when the copy is done.
 */
public final class Counters {
    final LongAdder read = new LongAdder();
    final LongAdder written = new LongAdder();
    final LongAdder zeroed = new LongAdder();
    final LongAdder skipped = new LongAdder();
    final LongAdder retried = new LongAdder();
    final LongAdder warnings = new LongAdder();
    final AtomicLong rounds = new AtomicLong();

    /** Returns the bytes read from the source. */
    public long read() {
        return read.sum();
    }

    /** Returns the bytes of data written to the target. */
    public long written() {
        return written.sum();
    }

    /** Returns the bytes that were made to read as zeroes, by a command or by written zeroes. */
    public long zeroed() {
        return zeroed.sum();
    }

    /** Returns the bytes that read as zeroes on both ends already, so that nothing was done. */
    public long skipped() {
        return skipped.sum();
    }

    /** Returns how many times a request was repeated. */
    public long retried() {
        return retried.sum();
    }

    /** Returns how many times the copy began again because the target's server was restarted. */
    public long rounds() {
        return rounds.get();
    }

    /** Returns how many warnings were logged. */
    public long warnings() {
        return warnings.sum();
    }

    /** Returns the bytes that are finished: written, zeroed or skipped. */
    public long finished() {
        return written() + zeroed() + skipped();
    }

    /** Forgets the finished bytes, because they are to be done again. */
    void startAgain() {
        written.reset();
        zeroed.reset();
        skipped.reset();
        rounds.incrementAndGet();
    }
}
