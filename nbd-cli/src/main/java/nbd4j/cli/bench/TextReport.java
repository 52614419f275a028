// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/** A measurement for people at a terminal. */
public final class TextReport {
    /** The percentiles that are told, as a fraction of a hundred. */
    static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 100};

    private TextReport() {}

    /** Returns a few lines: requests and bytes a second, and latencies. */
    public static String of(Measurement measurement) {
        var text = new StringBuilder(title(measurement.workload())).append('\n');
        text.append(String.format(
                Locale.ROOT,
                "    %,.0f requests/s, %,.1f MiB/s, %,d requests in %.1f s%n",
                measurement.iops(),
                measurement.bytesPerSecond() / (1 << 20),
                measurement.requests(),
                measurement.seconds()));
        if (measurement.unsent() > 0) {
            text.append(String.format(
                    Locale.ROOT,
                    "    %,d requests more were due and not sent: the rate is too high; latency counts how long they had waited%n",
                    measurement.unsent()));
        }
        if (measurement.isMixed()) {
            text.append(latencies("reads", measurement.tally().reads()));
            text.append(latencies("writes", measurement.tally().writes()));
        } else {
            text.append(latencies("latency", measurement.latencies()));
        }
        if (measurement.verifiedBlocks() >= 0) {
            text.append(String.format(
                    Locale.ROOT, "    verified: %,d blocks read back as written%n", measurement.verifiedBlocks()));
        }
        return text.toString();
    }

    /** Returns the workload in one line. */
    static String title(Workload workload) {
        return String.format(
                Locale.ROOT,
                "%s, %d bytes, depth %d, %d connection%s%s",
                workload.access().name().toLowerCase(Locale.ROOT),
                workload.blockSize(),
                workload.depth(),
                workload.connections(),
                workload.connections() == 1 ? "" : "s",
                workload.rate() == 0 ? "" : String.format(Locale.ROOT, ", %.0f requests/s wanted", workload.rate()));
    }

    private static String latencies(String what, Histogram latencies) {
        var text = new StringBuilder(
                String.format(Locale.ROOT, "    %s, µs: mean %.0f", what, latencies.getMean() / 1000));
        for (double percentile : PERCENTILES) {
            text.append(String.format(
                    Locale.ROOT, ", %s %d", name(percentile), latencies.getValueAtPercentile(percentile) / 1000));
        }
        return text.append(System.lineSeparator()).toString();
    }

    /** Returns {@code p99.9}, or {@code max}. */
    static String name(double percentile) {
        if (percentile == 100) {
            return "max";
        }
        return percentile == Math.rint(percentile) ? "p" + (int) percentile : "p" + percentile;
    }
}
