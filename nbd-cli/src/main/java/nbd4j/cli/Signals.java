// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.function.IntConsumer;

/** SIGINT and SIGTERM, for commands that have something to finish before they end. */
@FunctionalInterface
interface Signals {
    int INTERRUPT = 2;
    int TERMINATE = 15;

    /** Leaves signals to the JVM, which ends at once. */
    Signals NONE = action -> {};

    /** From now on, the first SIGINT or SIGTERM only runs the action, with its number; the second ends the process. */
    void handle(IntConsumer action);
}
