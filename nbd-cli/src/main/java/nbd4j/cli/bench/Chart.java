// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line chart as inline SVG: no script, nothing from the network. Axes begin at 0, but for a logarithmic one, which begins
 * at its least value. Names of lines stand below the chart.
 *
 * @param title what it shows
 * @param xLabel name and unit of the horizontal axis
 * @param yLabel name and unit of the vertical axis
 * @param logarithmicX whether the horizontal axis is logarithmic (base 2)
 * @param lines what is drawn; x must grow along each line
 */
record Chart(String title, String xLabel, String yLabel, boolean logarithmicX, List<Line> lines) {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 320;
    private static final int LEFT = 80;
    private static final int RIGHT = 20;
    private static final int TOP = 36;
    private static final int BOTTOM = 48;
    /** Names of lines beside each other, and the height of a row of them. */
    private static final int NAMES_IN_A_ROW = 2;

    private static final int NAME_HEIGHT = 18;
    private static final String[] COLOURS = {"#2563eb", "#d97706", "#059669", "#7c3aed", "#dc2626", "#0891b2"};

    /** One point. */
    record Point(double x, double y, String label) {}

    /** A named line. */
    record Line(String name, List<Point> points) {
        Line {
            points = List.copyOf(points);
        }
    }

    Chart {
        lines = List.copyOf(lines);
    }

    /** Returns the {@code svg} element. */
    String svg() {
        int rows = lines.size() > 1 ? (lines.size() + NAMES_IN_A_ROW - 1) / NAMES_IN_A_ROW : 0;
        double maximumX = maximum(true);
        double maximumY = niceAbove(maximum(false));
        var svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n",
                WIDTH,
                HEIGHT + rows * NAME_HEIGHT,
                escape(title)));
        svg.append(text(WIDTH / 2.0, 20, "middle", "title", title));
        svg.append(text(WIDTH / 2.0, HEIGHT - 8.0, "middle", "label", xLabel));
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"label\" transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n",
                HEIGHT / 2,
                escape(yLabel)));
        for (int i = 0; i <= 4; i++) {
            double value = maximumY * i / 4;
            double y = y(value, maximumY);
            svg.append(String.format(
                    Locale.ROOT,
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n",
                    LEFT,
                    WIDTH - RIGHT,
                    y,
                    y));
            svg.append(text(LEFT - 6.0, y + 4, "end", "tick", amount(value)));
        }
        for (Point tick : ticks(maximumX)) {
            svg.append(text(x(tick.x(), maximumX), HEIGHT - BOTTOM + 18.0, "middle", "tick", tick.label()));
        }
        for (int i = 0; i < lines.size(); i++) {
            String colour = COLOURS[i % COLOURS.length];
            // When the colours begin again the lines are dashed, more finely each time.
            String dashes = i < COLOURS.length ? "none" : String.valueOf(12 / (i / COLOURS.length + 1));
            draw(svg, lines.get(i), colour, dashes, maximumX, maximumY);
            if (rows > 0) {
                int x = LEFT + i % NAMES_IN_A_ROW * (WIDTH - LEFT - RIGHT) / NAMES_IN_A_ROW;
                int y = HEIGHT + 8 + i / NAMES_IN_A_ROW * NAME_HEIGHT;
                svg.append(String.format(
                        Locale.ROOT,
                        "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>%n",
                        x,
                        x + 24,
                        y - 4,
                        y - 4,
                        colour,
                        dashes));
                svg.append(text(x + 30, y, "start", "tick", lines.get(i).name()));
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private void draw(StringBuilder svg, Line line, String colour, String dashes, double maximumX, double maximumY) {
        svg.append("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"")
                .append(colour)
                .append("\" stroke-dasharray=\"")
                .append(dashes)
                .append("\" points=\"");
        for (Point point : line.points()) {
            svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point.x(), maximumX), y(point.y(), maximumY)));
        }
        svg.append("\"/>\n");
        for (Point point : line.points()) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle r=\"3\" cx=\"%.1f\" cy=\"%.1f\" fill=\"%s\"><title>%s: %s</title></circle>%n",
                    x(point.x(), maximumX),
                    y(point.y(), maximumY),
                    colour,
                    escape(point.label()),
                    amount(point.y())));
        }
    }

    /** Some ten of the points of the longest line. */
    private List<Point> ticks(double maximumX) {
        List<Point> points = List.of();
        for (Line line : lines) {
            points = line.points().size() > points.size() ? line.points() : points;
        }
        List<Point> ticks = new ArrayList<>();
        double last = Double.NEGATIVE_INFINITY;
        for (Point point : points) {
            double x = x(point.x(), maximumX);
            if (x - last >= (WIDTH - LEFT - RIGHT) / 12.0) {
                ticks.add(point);
                last = x;
            }
        }
        return ticks;
    }

    private double maximum(boolean ofX) {
        double maximum = 0;
        for (Line line : lines) {
            for (Point point : line.points()) {
                maximum = Math.max(maximum, ofX ? point.x() : point.y());
            }
        }
        return maximum == 0 ? 1 : maximum;
    }

    private double minimumX() {
        return lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(Point::x)
                .min()
                .orElse(0);
    }

    private double x(double value, double maximum) {
        double part = value / maximum;
        if (logarithmicX) {
            double least = log(minimumX());
            part = log(maximum) > least ? (log(value) - least) / (log(maximum) - least) : 0;
        }
        return LEFT + part * (WIDTH - LEFT - RIGHT);
    }

    private static double log(double value) {
        return Math.log(1 + value) / Math.log(2);
    }

    private static double y(double value, double maximum) {
        return HEIGHT - BOTTOM - value / maximum * (HEIGHT - BOTTOM - TOP);
    }

    /** Returns 1, 2, 4 or 8 times a power of ten, at least the value. */
    private static double niceAbove(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        for (double factor : new double[] {1, 2, 4, 8}) {
            if (factor * power >= value) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** Returns a number short enough for an axis. */
    static String amount(double value) {
        if (value >= 10_000_000) {
            return String.format(Locale.ROOT, "%.0fM", value / 1e6);
        }
        if (value >= 10_000) {
            return String.format(Locale.ROOT, "%.0fk", value / 1e3);
        }
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.2f", value);
    }

    private static String text(double x, double y, String anchor, String style, String content) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>%n",
                x,
                y,
                anchor,
                style,
                escape(content));
    }

    /** Returns text that is safe between tags and in attributes. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
