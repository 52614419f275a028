// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nbd4j.bench.Json;
import nbd4j.bench.Medians;
import nbd4j.bench.compare.Java;
import nbd4j.bench.compare.Machine;
import nbd4j.copy.CopyOptions;

/**
 * Fits {@link CopyModel} to copies on this machine, checks it by other copies, with delays and several connections, and says
 * what fast links and many disks need. {@code benchmarks/model} starts it.
 */
public final class Model {
    private static final int REQUEST = 256 << 10;
    /** The default of a copy. */
    private static final int USUAL_REQUEST = CopyOptions.defaults().requestSize();

    private static final int DEPTH = 16;
    private static final int[] DELAYS = {5, 20, 50};
    private static final int[] CONNECTIONS = {1, 2, 4, 8};
    /** How long a checked copy should have work. */
    private static final double WORK_SECONDS = 1;

    private static final long MOST_BYTES = 2L << 30;
    /** Resident memory of a default copy: the goal that benchmarks/compare checks. */
    private static final double PROCESS_BYTES = 256L << 20;

    private Model() {}

    /** Fits, checks and predicts: {@code [--from FILE] [--repeats N] RESULTS NBD}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int repeats = 3;
        Path from = null;
        int next = 0;
        for (; next < arguments.length - 3; next += 2) {
            switch (arguments[next]) {
                case "--repeats" -> repeats = Integer.parseInt(arguments[next + 1]);
                case "--from" -> from = Path.of(arguments[next + 1]);
                default -> throw new IllegalArgumentException("unknown option " + arguments[next]);
            }
        }
        if (from != null) {
            Object costs = Json.read(from);
            System.out.print(needs(costs(Json.member(costs, "to_server"))));
            return;
        }
        Path results = Path.of(arguments[next]);
        Files.createDirectories(results);
        String stamp = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString().replaceAll("[-:]", "");
        int cores = Runtime.getRuntime().availableProcessors();
        var page = new StringBuilder(Machine.describe()).append("\n\n");
        try (var trials = new Trials(Path.of(arguments[next + 1]), Java.at(Path.of(System.getProperty("java.home"))))) {
            double base = trials.base();
            Costs toNull =
                    crowded(trials, Observation.fit(trials.observe(false, repeats), base, cores), cores, repeats);
            Costs toServer =
                    Observation.fit(trials.observe(true, repeats), base, cores).withCrowd(toNull.crowd());
            page.append(table(toNull, toServer)).append('\n');
            Json.write(
                    results.resolve("model-" + stamp + ".json"),
                    Map.of("to_null", map(toNull), "to_server", map(toServer)));
            List<Check> checks = check(trials, toNull, cores, repeats);
            page.append(Check.HEAD);
            checks.forEach(check -> page.append(check.row()));
            page.append(summary(checks)).append('\n').append(needs(toServer));
        }
        Files.writeString(results.resolve("model-" + stamp + ".md"), page);
        System.out.print(page);
    }

    /** Fits the crowd factor to a copy of 256 requests in flight, which none of those has by which the model is checked. */
    private static Costs crowded(Trials trials, Costs costs, int cores, int repeats)
            throws IOException, InterruptedException {
        int depth = 64;
        var job = new Job(
                MOST_BYTES, REQUEST, Job.inFlight(4, depth, REQUEST), 4, 0.004, Double.POSITIVE_INFINITY, cores, true);
        return Observation.fitCrowd(costs, job, Medians.of(trials.measure(job, depth, repeats)));
    }

    private static List<Check> check(Trials trials, Costs costs, int cores, int repeats)
            throws IOException, InterruptedException {
        List<Check> checks = new ArrayList<>();
        for (int delay : DELAYS) {
            for (int connections : CONNECTIONS) {
                double latency = delay / 1000.0;
                int inFlight = Job.inFlight(connections, DEPTH, REQUEST);
                long wished = (long) (WORK_SECONDS / latency) * inFlight * REQUEST;
                var job = new Job(
                        Math.min(MOST_BYTES, wished),
                        REQUEST,
                        inFlight,
                        connections,
                        latency,
                        Double.POSITIVE_INFINITY,
                        cores,
                        true);
                checks.add(new Check(
                        job,
                        DEPTH,
                        new CopyModel(costs).predict(job),
                        Simulation.seconds(job, costs),
                        trials.measure(job, DEPTH, repeats)));
            }
        }
        return checks;
    }

    private static String summary(List<Check> checks) {
        return String.format(
                Locale.ROOT,
                "%nOff by, median and most: formula %.0f %%, %.0f %%; simulation %.0f %%, %.0f %%.%n",
                100
                        * Medians.of(checks.stream()
                                .mapToDouble(check -> Math.abs(check.error()))
                                .toArray()),
                100
                        * checks.stream()
                                .mapToDouble(check -> Math.abs(check.error()))
                                .max()
                                .orElse(0),
                100
                        * Medians.of(checks.stream()
                                .mapToDouble(check -> Math.abs(check.simulationError()))
                                .toArray()),
                100
                        * checks.stream()
                                .mapToDouble(check -> Math.abs(check.simulationError()))
                                .max()
                                .orElse(0));
    }

    private static String needs(Costs toServer) {
        var tables = new StringBuilder(Needs.HEAD);
        for (double gigabits : new double[] {10, 25, 100}) {
            for (double latency : new double[] {0.0005, 0.005, 0.05}) {
                tables.append(
                        Needs.of(toServer, gigabits, latency, USUAL_REQUEST).row());
            }
        }
        tables.append('\n').append(Fleet.HEAD);
        for (double gigabits : new double[] {10, 25, 100}) {
            tables.append(Fleet.of(toServer, 1000, 100L << 30, gigabits, 0.005, USUAL_REQUEST, PROCESS_BYTES)
                    .row());
        }
        return tables.toString();
    }

    private static String table(Costs toNull, Costs toServer) {
        var table = new StringBuilder("""
                | copies to | start s | base µs | copier µs for a request | ns for a KiB | servers µs for a request | ns for a KiB | stall | crowd |
                |---|---|---|---|---|---|---|---|---|
                """);
        Map.of("nowhere", toNull, "another server", toServer).entrySet().stream()
                .sorted((a, b) -> b.getKey().compareTo(a.getKey()))
                .forEach(entry -> {
                    Costs costs = entry.getValue();
                    table.append(String.format(
                            Locale.ROOT,
                            "| %s | %.2f | %.0f | %.1f | %.0f | %.1f | %.0f | %.2f | %.2f |%n",
                            entry.getKey(),
                            costs.start(),
                            costs.base() * 1e6,
                            costs.clientRequest() * 1e6,
                            costs.clientByte() * 1024e9,
                            costs.serverRequest() * 1e6,
                            costs.serverByte() * 1024e9,
                            costs.stall(),
                            costs.crowd()));
                });
        return table.toString();
    }

    private static Map<String, Object> map(Costs costs) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("start_s", costs.start());
        map.put("base_s", costs.base());
        map.put("client_request_s", costs.clientRequest());
        map.put("client_byte_s", costs.clientByte());
        map.put("server_request_s", costs.serverRequest());
        map.put("server_byte_s", costs.serverByte());
        map.put("stall", costs.stall());
        map.put("crowd", costs.crowd());
        return map;
    }

    private static Costs costs(Object map) throws IOException {
        return new Costs(
                Json.number(map, "start_s"),
                Json.number(map, "base_s"),
                Json.number(map, "client_request_s"),
                Json.number(map, "client_byte_s"),
                Json.number(map, "server_request_s"),
                Json.number(map, "server_byte_s"),
                Json.number(map, "stall"),
                Json.number(map, "crowd"));
    }
}
