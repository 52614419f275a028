// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.util.Locale;

/**
 * What a link needs to be filled by copies from server to server, on processors like those that the costs were fitted on.
 *
 * @param gigabits of the link, a second
 * @param latencySeconds of a read and a write together: network and storage
 * @param cores processors for the copier
 * @param connections fewest to each server, so that no thread that reads one is busier than a processor
 * @param inFlight requests in flight
 * @param bytesInFlight their memory
 * @param partByDefault part of the link that one copy with default settings fills, as far as requests in flight go
 */
record Needs(
        double gigabits,
        double latencySeconds,
        double cores,
        int connections,
        long inFlight,
        long bytesInFlight,
        double partByDefault) {
    static final String HEAD = """
            | link | read and write take | processors of the copier | connections, at least | requests in flight | for each connection | memory in flight | as by default |
            |---|---|---|---|---|---|---|---|
            """;

    /** Returns what a link needs with requests of a size. */
    static Needs of(Costs costs, double gigabits, double latencySeconds, int requestSize) {
        double requestsPerSecond = gigabits * 1e9 / 8 / requestSize;
        double roundTrip = latencySeconds + costs.base();
        long inFlight = (long) Math.ceil(requestsPerSecond * roundTrip);
        double busy = requestsPerSecond
                * costs.client(requestSize)
                * costs.slowdown(roundTrip, (int) Math.min(Integer.MAX_VALUE, inFlight));
        return new Needs(
                gigabits,
                latencySeconds,
                busy,
                (int) Math.ceil(busy),
                Math.max(1, inFlight),
                Math.max(1, inFlight) * requestSize,
                partByDefault(roundTrip, requestSize, gigabits * 1e9 / 8));
    }

    /** Returns what part of the link a copy with default settings fills: four connections, 64 requests on each. */
    private static double partByDefault(double roundTrip, int requestSize, double bytesPerSecond) {
        var job = new Job(
                Long.MAX_VALUE / 2,
                requestSize,
                Job.inFlight(4, 64, requestSize),
                4,
                roundTrip,
                bytesPerSecond,
                1,
                false);
        int depth = job.first();
        while (depth < job.most() && job.isSlow(roundTrip, depth)) {
            depth = job.deeper(roundTrip, depth);
        }
        return Math.min(1, depth * 4.0 * requestSize / roundTrip / bytesPerSecond);
    }

    String row() {
        return String.format(
                Locale.ROOT,
                "| %.0f Gbit/s | %s ms | %.1f | %d | %,d | %,d | %,d MiB | %.0f %% of the link |%n",
                gigabits,
                latencySeconds < 0.001
                        ? "%.1f".formatted(latencySeconds * 1000)
                        : "%.0f".formatted(latencySeconds * 1000),
                cores,
                connections,
                inFlight,
                (inFlight + connections - 1) / connections,
                Math.max(1, bytesInFlight >> 20),
                100 * partByDefault);
    }
}
