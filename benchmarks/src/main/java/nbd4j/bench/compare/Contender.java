// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One of the programs that are compared.
 *
 * @param name as it stands in the table
 * @param java the Java it runs on, such as {@code 25.0.3}; empty for programs that are not ours
 * @param javaHome folder of that Java
 * @param command what to run; its run time is what counts
 * @param makes a file that is removed before each run, so that every run makes it anew
 * @param mostRuns how many runs at most, for what takes long
 */
public record Contender(
        String name,
        Optional<String> java,
        Optional<Path> javaHome,
        List<String> command,
        Optional<Path> makes,
        int mostRuns) {
    /** Copies what it is given. */
    public Contender {
        command = List.copyOf(command);
    }

    /** A program to compare with. */
    static Contender peer(String name, String... command) {
        return new Contender(
                name, Optional.empty(), Optional.empty(), List.of(command), Optional.empty(), Integer.MAX_VALUE);
    }

    /** Ours, on one Java. */
    public static Contender ours(String name, Java java, List<String> command) {
        return new Contender(
                name,
                Optional.of(java.release()),
                Optional.of(java.home()),
                command,
                Optional.empty(),
                Integer.MAX_VALUE);
    }

    Contender making(Path file) {
        return new Contender(name, java, javaHome, command, Optional.of(file), mostRuns);
    }

    Contender atMost(int runs) {
        return new Contender(name, java, javaHome, command, makes, runs);
    }
}
