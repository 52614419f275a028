// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.util.List;
import nbd4j.bench.Medians;

/**
 * A copy that was measured, without any delay.
 *
 * @param bytes how much was copied
 * @param requestSize bytes of each request
 * @param wallSeconds of the whole process
 * @param clientSeconds processor time of the copier
 * @param serverSeconds processor time of the servers
 */
record Observation(long bytes, int requestSize, double wallSeconds, double clientSeconds, double serverSeconds) {
    /** Copies of fewer requests than this show only what starting costs. */
    private static final long LEAST_REQUESTS = 100;

    double requests() {
        return Math.ceil((double) bytes / requestSize);
    }

    private boolean isStart() {
        return requests() < LEAST_REQUESTS;
    }

    /**
     * Fits costs to copies: some of next to nothing, for the start, and others of several sizes of requests.
     *
     * @param base time of a request beyond the latency
     * @param cores processors that copier and servers shared
     */
    static Costs fit(List<Observation> observations, double base, int cores) {
        double start = Medians.of(observations.stream()
                .filter(Observation::isStart)
                .mapToDouble(Observation::wallSeconds)
                .toArray());
        double[] client = LeastSquares.fit(
                observations.stream()
                        .map(each -> new double[] {1, each.requests(), each.bytes()})
                        .toArray(double[][]::new),
                observations.stream().mapToDouble(Observation::clientSeconds).toArray());
        List<Observation> large =
                observations.stream().filter(each -> !each.isStart()).toList();
        double[] server = LeastSquares.fit(
                large.stream()
                        .map(each -> new double[] {each.requests(), each.bytes()})
                        .toArray(double[][]::new),
                large.stream().mapToDouble(Observation::serverSeconds).toArray());
        double stall = Medians.of(large.stream()
                .mapToDouble(each -> {
                    double work = each.requests() * (client[1] + server[0]) + each.bytes() * (client[2] + server[1]);
                    return (each.wallSeconds() - start) * cores / work;
                })
                .toArray());
        return new Costs(start, base, client[1], client[2], server[0], server[1], Math.max(1, stall), 1);
    }

    /**
     * Returns costs whose crowd factor explains a copy with many requests in flight that the processors limited.
     *
     * @param costs fitted to copies without delay
     * @param seconds that the copy took
     */
    static Costs fitCrowd(Costs costs, Job job, double seconds) {
        double uncrowded = new CopyModel(costs).predict(job).seconds() - costs.start();
        return costs.withCrowd(Math.max(1, (seconds - costs.start()) / uncrowded));
    }
}
