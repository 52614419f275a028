// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * Measurements for programs. One measurement is one object; a sweep is an object whose {@code sweep} holds one for each
 * of its steps.
 */
public final class JsonReport {
    private JsonReport() {}

    /** Returns the JSON of one measurement, or of the steps of a sweep, with a line end behind it. */
    public static String of(List<Measurement> measurements) {
        if (measurements.size() == 1) {
            return object(measurements.get(0)) + "\n";
        }
        return measurements.stream()
                .map(JsonReport::object)
                .collect(Collectors.joining(",\n", "{\"sweep\": [\n", "\n]}\n"));
    }

    private static String object(Measurement measurement) {
        var json = new StringBuilder("{\"iops\": ").append(number(measurement.iops()));
        json.append(", \"bytes_per_second\": ").append(number(measurement.bytesPerSecond()));
        json.append(", \"requests\": ").append(measurement.requests());
        json.append(", \"unsent\": ").append(measurement.unsent());
        json.append(", \"seconds\": ").append(number(measurement.seconds()));
        json.append(", \"latency_us\": ").append(latencies(measurement.latencies()));
        if (measurement.isMixed()) {
            json.append(", \"read_latency_us\": ")
                    .append(latencies(measurement.tally().reads()));
            json.append(", \"write_latency_us\": ")
                    .append(latencies(measurement.tally().writes()));
        }
        if (measurement.verifiedBlocks() >= 0) {
            json.append(", \"verified_blocks\": ").append(measurement.verifiedBlocks());
        }
        return json.append(", \"settings\": ")
                .append(settings(measurement.workload()))
                .append('}')
                .toString();
    }

    private static String latencies(Histogram latencies) {
        var json = new StringBuilder("{\"min\": ").append(number(latencies.getMinValue() / 1000.0));
        json.append(", \"mean\": ").append(number(latencies.getMean() / 1000));
        for (double percentile : TextReport.PERCENTILES) {
            json.append(", \"").append(TextReport.name(percentile)).append("\": ");
            json.append(number(latencies.getValueAtPercentile(percentile) / 1000.0));
        }
        return json.append('}').toString();
    }

    private static String settings(Workload workload) {
        return String.format(
                Locale.ROOT,
                "{\"rw\": \"%s\", \"bs\": %d, \"depth\": %d, \"connections\": %d, \"duration_s\": %s, \"warmup_s\": %s, "
                        + "\"offset\": %d, \"size\": %d, \"rate\": %s, \"read_percent\": %d, \"seed\": %d, \"verify\": %b}",
                workload.access().name().toLowerCase(Locale.ROOT),
                workload.blockSize(),
                workload.depth(),
                workload.connections(),
                number(workload.duration().toMillis() / 1000.0),
                number(workload.warmUp().toMillis() / 1000.0),
                workload.offset(),
                workload.size(),
                number(workload.rate()),
                workload.readPercent(),
                workload.seed(),
                workload.verify());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
