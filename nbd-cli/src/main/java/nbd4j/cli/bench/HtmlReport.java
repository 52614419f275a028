// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.HdrHistogram.Histogram;

/** Measurements as a page with charts that a browser shows without network: throughput, latency, scaling. */
public final class HtmlReport {
    private static final String STYLE = """
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2em auto; padding: 0 1em; color: #1f2937; }
            table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }
            th, td { border-bottom: 1px solid #e5e7eb; padding: .3em .7em; text-align: right; }
            th:first-child, td:first-child { text-align: left; }
            svg { width: 100%; margin: 1em 0; }
            .title { font-weight: 600; font-size: 15px; } .label { font-size: 13px; fill: #4b5563; }
            .tick { font-size: 12px; fill: #4b5563; } .grid { stroke: #e5e7eb; }
            """;

    private HtmlReport() {}

    /**
     * Returns the page.
     *
     * @param target what was measured, for people; escaped here
     */
    public static String of(String target, List<Measurement> measurements) {
        var page = new StringBuilder("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.append("<title>nbd bench: ").append(Chart.escape(target)).append("</title>\n");
        page.append("<style>\n").append(STYLE).append("</style>\n</head>\n<body>\n");
        page.append("<h1>nbd bench</h1>\n<p>").append(Chart.escape(target)).append("</p>\n");
        page.append(table(measurements));
        if (measurements.size() > 1) {
            page.append(scaling(measurements));
        }
        page.append(throughput(measurements));
        page.append(distribution(measurements));
        return page.append("</body>\n</html>\n").toString();
    }

    private static String table(List<Measurement> measurements) {
        var table =
                new StringBuilder("<table>\n<tr><th>workload</th><th>requests/s</th><th>MiB/s</th><th>mean µs</th>");
        for (double percentile : TextReport.PERCENTILES) {
            table.append("<th>").append(TextReport.name(percentile)).append("</th>");
        }
        table.append("</tr>\n");
        for (Measurement measurement : measurements) {
            Histogram latencies = measurement.latencies();
            table.append(String.format(
                    Locale.ROOT,
                    "<tr><td>%s</td><td>%,.0f</td><td>%,.1f</td><td>%.0f</td>",
                    Chart.escape(TextReport.title(measurement.workload())),
                    measurement.iops(),
                    measurement.bytesPerSecond() / (1 << 20),
                    latencies.getMean() / 1000));
            for (double percentile : TextReport.PERCENTILES) {
                table.append("<td>")
                        .append(latencies.getValueAtPercentile(percentile) / 1000)
                        .append("</td>");
            }
            table.append("</tr>\n");
        }
        return table.append("</table>\n").toString();
    }

    /** A chart for each setting that has several values, over that setting, with a line for each value of the others. */
    private static String scaling(List<Measurement> measurements) {
        return scaling(measurements, "depth", Workload::depth, Workload::connections, Workload::blockSize)
                + scaling(measurements, "connections", Workload::connections, Workload::depth, Workload::blockSize)
                + scaling(measurements, "bs", Workload::blockSize, Workload::depth, Workload::connections);
    }

    private static String scaling(
            List<Measurement> measurements,
            String over,
            ToIntFunction<Workload> x,
            ToIntFunction<Workload> first,
            ToIntFunction<Workload> second) {
        if (measurements.stream()
                        .map(Measurement::workload)
                        .mapToInt(x)
                        .distinct()
                        .count()
                < 2) {
            return "";
        }
        boolean bytes = over.equals("bs");
        Map<String, List<Chart.Point>> lines = new LinkedHashMap<>();
        for (Measurement measurement : measurements) {
            Workload workload = measurement.workload();
            String name = switch (over) {
                case "depth" -> "%d connections, %d bytes";
                case "connections" -> "depth %d, %d bytes";
                default -> "depth %d, %d connections";
            };
            int value = x.applyAsInt(workload);
            lines.computeIfAbsent(
                            name.formatted(first.applyAsInt(workload), second.applyAsInt(workload)),
                            key -> new ArrayList<>())
                    .add(new Chart.Point(
                            value,
                            bytes ? measurement.bytesPerSecond() / (1 << 20) : measurement.iops(),
                            String.valueOf(value)));
        }
        lines.values().forEach(points -> points.sort(Comparator.comparingDouble(Chart.Point::x)));
        String label = switch (over) {
            case "depth" -> "depth (requests in flight on each connection)";
            case "connections" -> "connections";
            default -> "bytes of a request";
        };
        return chart("Scaling over " + over, label, bytes ? "MiB/s" : "requests/s", true, lines);
    }

    private static String throughput(List<Measurement> measurements) {
        Map<String, List<Chart.Point>> lines = new LinkedHashMap<>();
        for (Measurement measurement : measurements) {
            long[] perSecond = measurement.tally().perSecond();
            List<Chart.Point> points = new ArrayList<>();
            int whole = (int) measurement.seconds();
            for (int second = 0; second < Math.min(whole, perSecond.length); second++) {
                points.add(new Chart.Point(second + 1.0, perSecond[second], String.valueOf(second + 1)));
            }
            lines.put(TextReport.title(measurement.workload()), points);
        }
        return chart("Throughput over time", "seconds", "requests/s", false, lines);
    }

    private static String distribution(List<Measurement> measurements) {
        Map<String, List<Chart.Point>> lines = new LinkedHashMap<>();
        double[] shown = {0, 50, 75, 87.5, 93.75, 96.875, 99, 99.5, 99.9, 99.95, 99.99, 99.999};
        for (Measurement measurement : measurements) {
            Histogram latencies = measurement.latencies();
            List<Chart.Point> points = new ArrayList<>();
            for (double percentile : shown) {
                points.add(new Chart.Point(
                        1 / (1 - percentile / 100) - 1,
                        latencies.getValueAtPercentile(percentile) / 1000.0,
                        percentile + " %"));
            }
            lines.put(TextReport.title(measurement.workload()), points);
        }
        return chart("Latency distribution", "percentile", "µs", true, lines);
    }

    private static String chart(
            String title, String xLabel, String yLabel, boolean logarithmic, Map<String, List<Chart.Point>> lines) {
        List<Chart.Line> drawn = new ArrayList<>();
        lines.forEach((name, points) -> drawn.add(new Chart.Line(name, points)));
        return new Chart(title, xLabel, yLabel, logarithmic, drawn).svg();
    }
}
