// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.util.List;

/**
 * A job that several programs do.
 *
 * @param name as typed with {@code --only} and shown in the table
 * @param goal what this project wants of it, in words
 * @param setting starts the servers and says what to run
 */
record Scenario(String name, String goal, Setting setting) {
    /** Starts the servers and says what to run; the first contender is the one that the others are compared with. */
    interface Setting {
        /** Returns what to run, ours last. */
        List<Contender> contenders(Stage stage) throws IOException, InterruptedException;
    }
}
