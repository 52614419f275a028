// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was typed.
 *
 * @param runs rounds that count
 * @param size of the dense disks, such as {@code 2G}
 * @param only parts of the names of the jobs to run; all jobs if empty
 * @param javas folders of the Javas to run ours on; one of them may be {@link #OTHER_ROOT}
 * @param merge files of earlier runs, of which only a table of the Javas is made
 * @param list whether only to print the names of the jobs
 * @param results folder for what is found
 * @param nbd path of {@code bin/nbd}
 */
record Options(
        int runs,
        String size,
        List<String> only,
        List<String> javas,
        List<Path> merge,
        boolean list,
        Optional<Path> results,
        Path nbd) {
    /** The Java 21 of the root that {@code .ci/trixie up} makes. */
    static final String OTHER_ROOT = "trixie";

    private static final int MOST_RUNS = 1000;

    Options {
        if (runs < 1 || runs > MOST_RUNS) {
            throw new IllegalArgumentException("--runs: %d is not from 1 to %d".formatted(runs, MOST_RUNS));
        }
        Scenarios.bytes(size);
        only = List.copyOf(only);
        javas = List.copyOf(javas);
        merge = List.copyOf(merge);
    }

    static Options parse(String[] arguments) {
        int runs = 10;
        String size = "1G";
        List<String> only = new ArrayList<>();
        List<String> javas = new ArrayList<>();
        List<Path> merge = new ArrayList<>();
        boolean list = false;
        Optional<Path> results = Optional.empty();
        int next = 0;
        while (next < arguments.length - 1) {
            String name = arguments[next++];
            switch (name) {
                case "--list" -> list = true;
                case "--runs" -> runs = Integer.parseInt(value(arguments, next++));
                case "--size" -> size = value(arguments, next++);
                case "--only" -> only.add(value(arguments, next++));
                case "--java" -> javas.add(value(arguments, next++));
                case "--merge" -> merge.add(Path.of(value(arguments, next++)));
                case "--results" -> results = Optional.of(Path.of(value(arguments, next++)));
                default ->
                    throw new IllegalArgumentException(
                            "unknown option " + name
                                    + "; there are --runs N, --size 1G, --only TEXT, --java HOME, --results FOLDER, --list and --merge FILE");
            }
        }
        return new Options(runs, size, only, javas, merge, list, results, Path.of(arguments[arguments.length - 1]));
    }

    private static String value(String[] arguments, int index) {
        if (index >= arguments.length - 1) {
            throw new IllegalArgumentException(arguments[index - 1] + " needs a value");
        }
        return arguments[index];
    }

    boolean wants(Scenario scenario) {
        return only.isEmpty() || only.stream().anyMatch(scenario.name()::contains);
    }
}
