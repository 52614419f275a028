// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import java.util.List;
import java.util.Optional;
import nbd4j.copy.engine.Settlement;

/**
 * What a copy would do, without doing it: its choices and the reason for each. Computed by the rules that the copy
 * itself follows. Immutable.
 */
public final class CopyPlan {
    /**
     * A number that the copy chooses.
     *
     * @param value the number
     * @param reason why, in words
     */
    public record Choice(int value, String reason) {}

    /** What happens to ranges that are not read because the source says that they are zeroes. */
    public enum Zeroes {
        /** Nothing: the target reads as zeroes already. */
        SKIPPED,
        /** The target is told to zero them; nothing is sent. */
        ZEROED,
        /** They are written as data, because the target cannot zero. */
        WRITTEN
    }

    private final Settlement settlement;
    private final Zeroes zeroes;

    CopyPlan(Settlement settlement, boolean canZero) {
        this.settlement = settlement;
        if (settlement.skipsZeroes()) {
            this.zeroes = Zeroes.SKIPPED;
        } else {
            this.zeroes = canZero ? Zeroes.ZEROED : Zeroes.WRITTEN;
        }
    }

    /** Returns why there can be no copy between these ends; nothing if they fit. */
    public Optional<String> conflict() {
        return settlement.conflict();
    }

    /** Returns what the caller should know although the ends fit; each begins with the name of the target. */
    public List<String> remarks() {
        return settlement.remarks();
    }

    /** Returns the bytes of one read and write. */
    public Choice requestSize() {
        return new Choice(settlement.requestSize(), settlement.whyRequestSize());
    }

    /** Returns how many requests are in flight at most, reads and writes together. */
    public Choice depth() {
        return new Choice(settlement.workers(), settlement.whyWorkers());
    }

    /** Returns what every offset and length is a multiple of, but for the end of the disk; bytes. */
    public int minimumBlock() {
        return settlement.minimumBlock();
    }

    /** Returns what the edges of zeroed ranges are multiples of; bytes. */
    public int zeroAlignment() {
        return settlement.zeroAlignment();
    }

    /** Returns whether the source is asked which ranges are zeroes; otherwise all of it is read. */
    public boolean asksForExtents() {
        return settlement.asksForExtents();
    }

    /** Returns what happens to ranges that are not read. */
    public Zeroes zeroes() {
        return zeroes;
    }

    /**
     * Returns how many bytes of a range are not read, where the source says that all of it is zeroes and what lies next
     * to it is not.
     *
     * @param offset bytes
     * @param length bytes, more than 0
     */
    public long notRead(long offset, long length) {
        return settlement.notRead(offset, length);
    }
}
