// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import nbd4j.bench.Medians;

/**
 * What was measured of one job.
 *
 * @param job name of the scenario
 * @param goal what ours is to reach
 * @param programs in the order of the scenario: the one that the others are compared with first, ours last
 */
record Outcome(String job, Goal goal, List<Program> programs) {
    /**
     * The runs of one program.
     *
     * @param name as it stands in the table
     * @param java the Java it ran on; empty for programs that are not ours
     * @param samples in the order of the rounds
     */
    record Program(String name, Optional<String> java, List<Sample> samples) {
        Program {
            samples = List.copyOf(samples);
        }

        boolean isOurs() {
            return java.isPresent();
        }

        double[] all(ToDoubleFunction<Sample> measure) {
            return samples.stream().mapToDouble(measure).toArray();
        }

        double median(ToDoubleFunction<Sample> measure) {
            return Medians.of(all(measure));
        }
    }

    Outcome {
        programs = List.copyOf(programs);
    }

    Program first() {
        return programs.get(0);
    }

    /** Returns the program that the goal is about: the first, or the best of those that are not ours. */
    Program rival() {
        Program best = first();
        for (Program program : programs) {
            if (goal.fastest() && !program.isOurs() && goal.isBetter(program.median(goal::of), best.median(goal::of))) {
                best = program;
            }
        }
        return best;
    }

    /** Returns the median of the ratios of two programs, round by round. */
    double ratio(Program program, Program to) {
        return Medians.ofRatios(program.all(goal::of), to.all(goal::of));
    }

    /** Returns what the goal is about: the ratio to the rival, or seconds. */
    double measured(Program program) {
        return goal.measure() == Goal.Measure.SECONDS ? program.median(goal::of) : ratio(program, rival());
    }

    /** Returns the programs that are ours: one for each Java. */
    List<Program> ours() {
        return programs.stream().filter(Program::isOurs).toList();
    }
}
