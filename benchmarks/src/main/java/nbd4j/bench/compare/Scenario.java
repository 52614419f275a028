// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.util.List;

/**
 * A job that several programs do.
 *
 * @param name as typed with {@code --only} and shown in the tables
 * @param goal what ours is to reach
 * @param runs how often at least and at most, whatever the command line says
 * @param setting starts the servers and says what to run
 */
record Scenario(String name, Goal goal, Runs runs, Setting setting) {
    /**
     * Limits to the number of runs.
     *
     * @param least for jobs that take next to no time
     * @param most for jobs that take minutes
     * @param warmUp whether a first round is not counted
     */
    record Runs(int least, int most, boolean warmUp) {
        static final Runs USUAL = new Runs(1, Integer.MAX_VALUE, true);

        int of(int wished) {
            return Math.clamp(wished, least, most);
        }
    }

    /** Starts the servers and says what to run. */
    interface Setting {
        /** Returns what to run, the one that the others are compared with first, ours last. */
        List<Contender> contenders(Stage stage) throws IOException, InterruptedException;
    }

    static Scenario of(String name, Goal goal, Setting setting) {
        return new Scenario(name, goal, Runs.USUAL, setting);
    }

    Scenario withRuns(int least, int most, boolean warmUp) {
        return new Scenario(name, goal, new Runs(least, most, warmUp), setting);
    }
}
