// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import nbd4j.copy.engine.BufferBudget;

/**
 * A limit on the buffers of copies. Copies that run at the same time share one, so that their number does not multiply
 * the memory of the process. The buffers are direct, lie outside the Java heap, and are reused. Any number of threads.
 */
public final class CopyMemory {
    private final BufferBudget budget;

    private CopyMemory(BufferBudget budget) {
        this.budget = budget;
    }

    /**
     * Returns a new budget.
     *
     * @param bytes limit, more than 0; a request larger than this is made smaller
     */
    public static CopyMemory of(long bytes) {
        return new CopyMemory(new BufferBudget(bytes));
    }

    /** Returns the limit in bytes. */
    public long bytes() {
        return budget.limit();
    }

    BufferBudget budget() {
        return budget;
    }
}
