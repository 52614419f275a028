// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nbd4j.bench.Medians;

/** Outcomes as tables in Markdown. */
final class Tables {
    private static final int MOST_MIB = 256;
    private static final double MOST_CPU = 1.5;
    /** Jobs of less CPU time than this are about starting; their CPU ratio to a C program says nothing. */
    private static final double LEAST_CPU_SECONDS = 0.2;

    private Tables() {}

    /** Returns what each program took: medians, and the ratios to the first program round by round. */
    static String measured(List<Outcome> outcomes) {
        var table = new StringBuilder("""
                | job | program | runs | wall s | fastest–slowest | CPU s | peak MiB | requests/s | wall or rate vs. first |
                |---|---|---|---|---|---|---|---|---|
                """);
        for (Outcome outcome : outcomes) {
            boolean rates = outcome.goal().measure() == Goal.Measure.RATE;
            for (Outcome.Program program : outcome.programs()) {
                double[] walls = program.all(outcome.goal()::of);
                java.util.Arrays.sort(walls);
                table.append(line(
                        program == outcome.first() ? outcome.job() : "",
                        program.name(),
                        walls.length,
                        rates ? "" : seconds(program.median(Sample::wallSeconds)),
                        rates
                                ? "%,.0f–%,.0f".formatted(walls[0], walls[walls.length - 1])
                                : seconds(walls[0]) + "–" + seconds(walls[walls.length - 1]),
                        seconds(program.median(Sample::cpuSeconds)),
                        "%.0f".formatted(program.median(Sample::peakMib)),
                        rates ? "%,.0f".formatted(program.median(Sample::rate)) : "",
                        ratio(outcome.ratio(program, outcome.first()))));
            }
        }
        return table.toString();
    }

    /** Returns how ours stands to the goals. */
    static String verdicts(List<Outcome> outcomes) {
        var table = new StringBuilder("""
                | job | goal | beside | measured | verdict | CPU vs. first | peak MiB |
                |---|---|---|---|---|---|---|
                """);
        for (Outcome outcome : outcomes) {
            for (Outcome.Program ours : outcome.ours()) {
                double measured = outcome.measured(ours);
                double peak = ours.median(Sample::peakMib);
                table.append(line(
                        outcome.job() + (outcome.ours().size() > 1 ? ", " + ours.name() : ""),
                        outcome.goal().words(),
                        outcome.rival().name(),
                        ratio(measured),
                        verdict(outcome.goal(), measured),
                        cpu(outcome, ours),
                        "%.0f%s".formatted(peak, peak > MOST_MIB ? " (goal " + MOST_MIB + ")" : "")));
            }
        }
        return table.toString();
    }

    private static String verdict(Goal goal, double measured) {
        if (goal.limit() == 0) {
            return "";
        }
        return goal.isMet(measured) ? "met" : "missed";
    }

    private static String cpu(Outcome outcome, Outcome.Program ours) {
        if (outcome.first().median(Sample::cpuSeconds) < LEAST_CPU_SECONDS
                || outcome.goal().measure() == Goal.Measure.RATE) {
            return "";
        }
        double measured =
                Medians.ofRatios(ours.all(Sample::cpuSeconds), outcome.first().all(Sample::cpuSeconds));
        return ratio(measured) + (measured > MOST_CPU ? " (goal " + MOST_CPU + ")" : "");
    }

    /**
     * Returns ours on several versions of Java side by side. Ratios are round by round where both ran in one session,
     * else of medians.
     *
     * @param files the outcomes of one file or of several
     */
    static String javas(List<List<Outcome>> files) {
        Map<String, List<Outcome.Program>> jobs = new LinkedHashMap<>();
        Map<String, Goal> goals = new LinkedHashMap<>();
        for (List<Outcome> outcomes : files) {
            for (Outcome outcome : outcomes) {
                goals.put(outcome.job(), outcome.goal());
                jobs.computeIfAbsent(outcome.job(), job -> new ArrayList<>()).addAll(outcome.ours());
            }
        }
        var table = new StringBuilder("""
                | job | Java | wall s or requests/s | CPU s | peak MiB | vs. first Java |
                |---|---|---|---|---|---|
                """);
        jobs.forEach((job, programs) -> {
            Outcome.Program first = programs.get(0);
            Goal goal = goals.getOrDefault(job, Goal.none());
            for (Outcome.Program program : programs) {
                double median = program.median(goal::of);
                double ratio = files.size() == 1
                        ? Medians.ofRatios(program.all(goal::of), first.all(goal::of))
                        : median / first.median(goal::of);
                table.append(line(
                        program == first ? job : "",
                        program.java().orElse(""),
                        goal.measure() == Goal.Measure.RATE ? "%,.0f".formatted(median) : seconds(median),
                        seconds(program.median(Sample::cpuSeconds)),
                        "%.0f".formatted(program.median(Sample::peakMib)),
                        ratio(ratio)));
            }
        });
        return table.toString();
    }

    private static String line(Object... cells) {
        var line = new StringBuilder("|");
        for (Object cell : cells) {
            line.append(' ').append(cell).append(" |");
        }
        return line.append('\n').toString();
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, seconds < 1 ? "%.3f" : "%.2f", seconds);
    }

    private static String ratio(double ratio) {
        return String.format(Locale.ROOT, ratio < 0.1 ? "%.3f" : "%.2f", ratio);
    }
}
