// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import org.jspecify.annotations.Nullable;

/** Where a {@link WorkFeed} gets the tasks that cover the disk. Called with the feed's lock held; never waits. */
interface TaskSource {
    /** Returns the next task, or null if there is none now. */
    @Nullable
    Task next();

    /** Returns whether no more tasks will come. */
    boolean exhausted();

    /** Returns after how many nanoseconds {@link #next} is to be called again though nothing was signalled. */
    long patienceNanos();
}
