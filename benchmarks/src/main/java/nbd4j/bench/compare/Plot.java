// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.util.List;
import java.util.Locale;

/**
 * Outcomes as a plot in SVG: a row for each job, a dot for each round at the ratio of ours to the program that the goal
 * is about, a bar at their median, and a mark at the goal. The scale is logarithmic.
 */
final class Plot {
    private static final int WIDTH = 860;
    private static final int LEFT = 330;
    private static final int ROW = 26;
    private static final int TOP = 56;
    private static final double LEAST = 1 / 32.0;
    private static final double MOST = 32;

    private Plot() {}

    static String of(List<Outcome> outcomes) {
        long rows = outcomes.stream()
                .filter(Plot::isRatio)
                .mapToLong(outcome -> outcome.ours().size())
                .sum();
        long bottom = TOP + rows * ROW;
        var svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">%n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n"
                        + "<text x=\"12\" y=\"22\" font-weight=\"600\">nbd4j beside the best other program: wall time, "
                        + "or requests/s (*)</text>%n",
                WIDTH,
                bottom + 16));
        for (double ratio = LEAST; ratio <= MOST; ratio *= 2) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>"
                            + "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#4b5563\">%s</text>%n",
                    x(ratio),
                    x(ratio),
                    TOP - 6,
                    bottom,
                    ratio == 1 ? "#4b5563" : "#e5e7eb",
                    x(ratio),
                    TOP - 12,
                    ratio < 1 ? "1/" + (int) (1 / ratio) : String.valueOf((int) ratio)));
        }
        int row = 0;
        for (Outcome outcome : outcomes) {
            if (isRatio(outcome)) {
                for (Outcome.Program ours : outcome.ours()) {
                    row(svg, outcome, ours, TOP + ROW * row++ + ROW / 2);
                }
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private static boolean isRatio(Outcome outcome) {
        return outcome.goal().measure() != Goal.Measure.SECONDS;
    }

    private static void row(StringBuilder svg, Outcome outcome, Outcome.Program ours, int y) {
        Goal goal = outcome.goal();
        double median = outcome.measured(ours);
        String colour = goal.isMet(median) ? "#059669" : "#dc2626";
        String name = outcome.job()
                + (goal.measure() == Goal.Measure.RATE ? " (*)" : "")
                + (outcome.ours().size() > 1 ? ", Java " + ours.java().orElse("") : "");
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n",
                LEFT - 10,
                y + 4,
                name.replace("&", "&amp;").replace("<", "&lt;")));
        double[] own = ours.all(goal::of);
        double[] others = outcome.rival().all(goal::of);
        for (int i = 0; i < Math.min(own.length, others.length); i++) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%d\" r=\"3\" fill=\"%s\" fill-opacity=\"0.25\"/>%n",
                    x(own[i] / others[i]),
                    y,
                    colour));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%d\" width=\"4\" height=\"16\" fill=\"%s\"><title>%.3f</title></rect>%n",
                x(median) - 2,
                y - 8,
                colour,
                median));
        if (goal.limit() > 0) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#2563eb\" stroke-width=\"2\"/>%n",
                    x(goal.limit()),
                    x(goal.limit()),
                    y - 11,
                    y + 11));
        }
    }

    private static double x(double ratio) {
        double part = Math.log(Math.clamp(ratio, LEAST, MOST) / LEAST) / Math.log(MOST / LEAST);
        return LEFT + part * (WIDTH - LEFT - 30);
    }
}
