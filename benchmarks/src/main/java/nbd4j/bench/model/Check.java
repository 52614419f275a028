// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.util.Locale;
import nbd4j.bench.Medians;

/**
 * A copy that was predicted and then measured.
 *
 * @param job what was copied
 * @param depth requests in flight on each connection
 * @param predicted by the formula
 * @param simulated seconds, by the simulation
 * @param measured seconds of each run
 */
record Check(Job job, int depth, CopyModel.Prediction predicted, double simulated, double[] measured) {
    static final String HEAD = """
            | delay ms | connections | in flight | MiB | formula s | limit | simulation s | measured s | formula off by | simulation off by |
            |---|---|---|---|---|---|---|---|---|---|
            """;

    /** Returns how far the formula is off, as a part of what was measured. */
    double error() {
        return predicted.seconds() / seconds() - 1;
    }

    double simulationError() {
        return simulated / seconds() - 1;
    }

    /** Returns the median of the runs. */
    double seconds() {
        return Medians.of(measured);
    }

    String row() {
        return String.format(
                Locale.ROOT,
                "| %.0f | %d | %d | %d | %.2f | %s | %.2f | %.2f | %+.0f %% | %+.0f %% |%n",
                job.latencySeconds() * 1000,
                job.connections(),
                job.inFlight(),
                job.bytes() >> 20,
                predicted.seconds(),
                predicted.limit().name().toLowerCase(Locale.ROOT),
                simulated,
                seconds(),
                100 * error(),
                100 * simulationError());
    }
}
