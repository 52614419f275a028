// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

/** Watches a copy. Called by the thread that runs the copy, one call at a time, at the interval of its options. */
@FunctionalInterface
public interface CopyListener {
    /** Told how far the copy is; once more at its end, whether good or bad. Must not throw and not take long. */
    void progressed(CopyProgress progress);
}
