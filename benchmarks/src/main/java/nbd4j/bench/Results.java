// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Shows the results of a run of JMH as a table in Markdown, beside those of an earlier run. */
public final class Results {
    /**
     * One benchmark.
     *
     * @param score its result
     * @param unit of the score
     * @param allocated bytes for each operation in the iteration with the fewest, because the others may hold what JMH
     *     itself, the compiler and class loading allocate; NaN if not measured
     */
    record Result(double score, String unit, double allocated) {}

    private Results() {}

    /** Prints the table of the first file; the second, if given, is the earlier run. */
    public static void main(String[] args) throws IOException {
        Map<String, Result> now = read(Path.of(args[0]));
        Map<String, Result> before = args.length > 1 ? read(Path.of(args[1])) : Map.of();
        System.out.println("| benchmark | score | unit | B/op, least | last | now/last |");
        System.out.println("|---|---|---|---|---|---|");
        now.forEach((name, result) -> {
            Result last = before.get(name);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %s | %.1f | %s | %s |%n",
                    name,
                    result.score(),
                    result.unit(),
                    result.allocated(),
                    last == null ? "" : String.format(Locale.ROOT, "%.2f", last.score()),
                    last == null ? "" : String.format(Locale.ROOT, "%.2f", result.score() / last.score()));
        });
    }

    static Map<String, Result> read(Path file) throws IOException {
        Map<String, Result> results = new LinkedHashMap<>();
        try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), file)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.START_OBJECT) {
                benchmark(json, results);
            }
        }
        return results;
    }

    private static void benchmark(JsonParser json, Map<String, Result> results) {
        String name = "";
        var parameters = new StringBuilder();
        double score = Double.NaN;
        String unit = "";
        double allocated = Double.NaN;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = json.currentName();
            json.nextToken();
            switch (key) {
                case "benchmark" -> name = json.getString().replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1");
                case "params" -> {
                    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                        parameters.append(' ').append(json.currentName()).append('=');
                        json.nextToken();
                        parameters.append(json.getString());
                    }
                }
                case "primaryMetric" -> {
                    Metric metric = Metric.read(json);
                    score = metric.score();
                    unit = metric.unit();
                }
                case "secondaryMetrics" -> {
                    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                        boolean norm = json.currentName().contains("gc.alloc.rate.norm");
                        json.nextToken();
                        Metric metric = Metric.read(json);
                        allocated = norm ? metric.least() : allocated;
                    }
                }
                default -> json.skipChildren();
            }
        }
        results.put(name + parameters, new Result(score, unit, allocated));
    }

    /** A score with its unit, out of an object of which nothing else matters. */
    private record Metric(double score, double least, String unit) {
        static Metric read(JsonParser json) {
            double score = Double.NaN;
            double least = Double.NaN;
            String unit = "";
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String key = json.currentName();
                json.nextToken();
                if (key.equals("score") && json.currentToken().isNumeric()) {
                    score = json.getDoubleValue();
                } else if (key.equals("scoreUnit")) {
                    unit = json.getString();
                } else if (key.equals("rawData")) {
                    least = least(json);
                } else {
                    json.skipChildren();
                }
            }
            return new Metric(score, least, unit);
        }

        /** Returns the least number of an array of arrays. */
        private static double least(JsonParser json) {
            double least = Double.NaN;
            int depth = 1;
            while (depth > 0) {
                switch (json.nextToken()) {
                    case START_ARRAY -> depth++;
                    case END_ARRAY -> depth--;
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                        least = least <= json.getDoubleValue() ? least : json.getDoubleValue();
                    default -> {}
                }
            }
            return least;
        }
    }
}
