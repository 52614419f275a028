// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * Plays a copy request by request on a clock of its own, to check {@link CopyModel}: every request queues for a processor
 * to be sent, waits out the latency, queues for a processor of the server, for the link, and for the thread that reads its
 * connection, which needs a processor too. Queues are served in the order of arrival. Not thread-safe; one use.
 */
final class Simulation {
    /** What a request does next. */
    private enum Stage {
        SEND,
        TRAVEL,
        SERVE,
        TRANSFER,
        RECEIVE,
        DONE
    }

    /** Sending is this part of what the copier does for a request; the rest is receiving. */
    private static final double SEND_PART = 0.25;

    private record Event(double at, long order, int connection, double begun, Stage stage) {}

    private final Job job;
    private final Costs costs;
    private final PriorityQueue<Event> events = new PriorityQueue<>((a, b) -> {
        int byTime = Double.compare(a.at(), b.at());
        return byTime != 0 ? byTime : Long.compare(a.order(), b.order());
    });
    /** When each processor is free again. */
    private final double[] cores;

    private final double[] serverCores;
    private final double[] connections;
    private double linkFree;
    private long begun;
    private long order;
    /** Requests in flight on each connection, and how many of late were slow. */
    private final int[] depths;

    private final int[] slow;
    /** How long the fastest of these took. */
    private final double[] fastest;

    private Simulation(Job job, Costs costs) {
        this.job = job;
        this.costs = costs;
        cores = new double[job.cores()];
        // Servers elsewhere have as many processors as they need.
        serverCores = job.serverHere() ? cores : new double[job.inFlight()];
        connections = new double[job.connections()];
        depths = new int[job.connections()];
        slow = new int[job.connections()];
        fastest = new double[job.connections()];
        Arrays.fill(fastest, Double.POSITIVE_INFINITY);
    }

    /** Returns how many seconds a copy takes. */
    static double seconds(Job job, Costs costs) {
        return new Simulation(job, costs).run();
    }

    private double run() {
        double last = 0;
        for (int i = 0; i < job.first(); i++) {
            for (int connection = 0; connection < job.connections(); connection++) {
                depths[connection]++;
                begin(0, connection);
            }
        }
        for (Event event = events.poll(); event != null; event = events.poll()) {
            if (event.stage() != Stage.DONE) {
                next(event);
                continue;
            }
            last = Math.max(last, event.at());
            learn(event);
            begin(event.at(), event.connection());
        }
        return costs.start() + last;
    }

    /** Gives a connection more requests when as many as it has were slow. */
    private void learn(Event event) {
        int connection = event.connection();
        double took = event.at() - event.begun();
        if (!job.isSlow(took, depths[connection])) {
            slow[connection] = Math.max(0, slow[connection] - 1);
            return;
        }
        fastest[connection] = Math.min(fastest[connection], took);
        if (++slow[connection] >= depths[connection]) {
            int more = job.deeper(fastest[connection], depths[connection]) - depths[connection];
            slow[connection] = 0;
            fastest[connection] = Double.POSITIVE_INFINITY;
            depths[connection] += more;
            for (int i = 0; i < more; i++) {
                begin(event.at(), connection);
            }
        }
    }

    private void begin(double at, int connection) {
        if (begun < job.requests()) {
            add(at, connection, at, Stage.SEND);
            begun++;
        }
    }

    private void add(double at, int connection, double begunAt, Stage stage) {
        events.add(new Event(at, order++, connection, begunAt, stage));
    }

    private void next(Event event) {
        int size = job.requestSize();
        double stall = costs.slowdown(job.latencySeconds() + costs.base(), job.inFlight());
        double now = event.at();
        int connection = event.connection();
        switch (event.stage()) {
            case SEND ->
                add(serve(cores, now, costs.client(size) * SEND_PART * stall), connection, event.begun(), Stage.TRAVEL);
            case TRAVEL -> add(now + job.latencySeconds() + costs.base(), connection, event.begun(), Stage.SERVE);
            case SERVE ->
                add(serve(serverCores, now, costs.server(size) * stall), connection, event.begun(), Stage.TRANSFER);
            case TRANSFER -> {
                linkFree = Math.max(now, linkFree) + size / job.bytesPerSecond();
                add(linkFree, connection, event.begun(), Stage.RECEIVE);
            }
            case RECEIVE -> {
                double from = Math.max(now, connections[connection]);
                double end = serve(cores, from, costs.client(size) * (1 - SEND_PART) * stall);
                connections[connection] = end;
                add(end, connection, event.begun(), Stage.DONE);
            }
            case DONE -> throw new IllegalStateException("a request that is done does nothing more");
        }
    }

    /** Takes the processor that is free first, and returns when the work is done. */
    private static double serve(double[] servers, double now, double seconds) {
        int first = 0;
        for (int i = 1; i < servers.length; i++) {
            first = servers[i] < servers[first] ? i : first;
        }
        servers[first] = Math.max(now, servers[first]) + seconds;
        return servers[first];
    }

    @Override
    public String toString() {
        return "Simulation of " + job + ", processors free at " + Arrays.toString(cores);
    }
}
