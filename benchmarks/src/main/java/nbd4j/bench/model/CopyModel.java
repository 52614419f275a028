// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

/**
 * Predicts how long a copy takes, by a formula that fits on a page.
 *
 * <p>A copy starts, then has some requests in flight all the time. Each takes a round trip: the latency of network and
 * storage, and a little time of its own. Beside this the link, the processors and each connection, whose replies are read
 * one after the other, can do only so much; the slowest of these four sets the pace. Each connection begins with few requests
 * in flight and has twice as many after each round trip, or at once what it needs where that is four times as many and more,
 * until it moves a byte in 4 ns; that is the ramp.
 *
 * <pre>
 * time  = start + ramp + pace
 * ramp  = rounds × round trip,  first × 2^rounds = in flight, or one round
 * pace  = max(⌈rest / in flight⌉ × round trip,
 *             bytes / bandwidth,
 *             requests × processor time of a request × slowdown / cores,
 *             requests / connections × processor time of the copier for a request)
 * </pre>
 *
 * <p>{@link Simulation} checks the formula; {@code benchmarks/model} checks it against real copies.
 */
final class CopyModel {
    private final Costs costs;

    CopyModel(Costs costs) {
        this.costs = costs;
    }

    /** What limits a copy. */
    enum Limit {
        /** More requests in flight would help. */
        LATENCY,
        /** The link is full. */
        BANDWIDTH,
        /** The processors are busy. */
        PROCESSORS,
        /** The threads that read the connections are busy; more connections would help. */
        CONNECTIONS
    }

    /**
     * A prediction.
     *
     * @param seconds wall time of the whole copy
     * @param limit what sets the pace
     */
    record Prediction(double seconds, Limit limit) {}

    Prediction predict(Job job) {
        double roundTrip = job.latencySeconds() + costs.base();
        double ramp = 0;
        long ramped = 0;
        int depth = job.first();
        while (depth < job.most()
                && job.isSlow(roundTrip, depth)
                && ramped + (long) depth * job.connections() < job.requests()) {
            ramp += roundTrip;
            ramped += (long) depth * job.connections();
            depth = job.deeper(roundTrip, depth);
        }
        int inFlight = depth * job.connections();
        long rest = job.requests() - ramped;
        double latency = ramp + Math.ceil((double) rest / inFlight) * roundTrip;
        double bandwidth = job.bytes() / job.bytesPerSecond();
        double work = costs.client(job.requestSize()) + (job.serverHere() ? costs.server(job.requestSize()) : 0);
        double processors = job.requests() * work * costs.slowdown(roundTrip, inFlight) / job.cores();
        double connections = (double) job.requests() / job.connections() * costs.client(job.requestSize());
        double pace = Math.max(Math.max(latency, bandwidth), Math.max(processors, connections));
        Limit limit = Limit.CONNECTIONS;
        if (pace == latency) {
            limit = Limit.LATENCY;
        } else if (pace == bandwidth) {
            limit = Limit.BANDWIDTH;
        } else if (pace == processors) {
            limit = Limit.PROCESSORS;
        }
        return new Prediction(costs.start() + pace, limit);
    }
}
