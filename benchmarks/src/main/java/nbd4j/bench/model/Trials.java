// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.bench.Json;
import nbd4j.bench.compare.Contender;
import nbd4j.bench.compare.Java;
import nbd4j.bench.compare.Runner;
import nbd4j.bench.compare.Sample;
import nbd4j.bench.compare.Stage;

/** Real copies with {@code bin/nbd} and nbdkit, to fit the model from and to check it by. */
final class Trials implements AutoCloseable {
    private static final int REQUEST = 256 << 10;
    /** A delay that the timer's own inexactness does not drown. */
    private static final double DELAY_SECONDS = 0.005;

    private final Path nbd;
    private final Java java;
    private final Runner runner = new Runner();

    Trials(Path nbd, Java java) throws IOException {
        this.nbd = nbd;
        this.java = java;
    }

    private Sample run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(nbd.toString()));
        command.addAll(List.of(arguments));
        return runner.run(Contender.ours("nbd", java, command));
    }

    /**
     * Copies several amounts with several sizes of requests.
     *
     * @param toServer whether to another server, else to nowhere
     */
    List<Observation> observe(boolean toServer, int repeats) throws IOException, InterruptedException {
        List<Observation> observations = new ArrayList<>();
        long[] sizes = {1L << 20, 1L << 30, 2L << 30};
        for (long size : sizes) {
            try (var stage = new Stage()) {
                String source = stage.nbdkit("pattern", Long.toString(size));
                String target = toServer ? stage.nbdkit("memory", Long.toString(size), "allocator=malloc") : "null:";
                // Memory that a server has not used yet costs more.
                run("copy", source, target);
                for (int request : size == sizes[0] ? new int[] {REQUEST} : new int[] {64 << 10, REQUEST, 1 << 20}) {
                    for (int repeat = 0; repeat < repeats; repeat++) {
                        long before = stage.serverTime().toMillis();
                        Sample sample = run("copy", "--request-size=" + request, source, target);
                        observations.add(new Observation(
                                size,
                                request,
                                sample.wallSeconds(),
                                sample.cpuSeconds(),
                                (stage.serverTime().toMillis() - before) / 1000.0));
                    }
                }
            }
        }
        return observations;
    }

    /** Returns how many seconds a request takes beyond the delay that the server was told. */
    double base() throws IOException, InterruptedException {
        try (var stage = new Stage()) {
            String source = stage.nbdkit(
                    "--filter=delay", "pattern", "1G", "rdelay=" + Math.round(DELAY_SECONDS * 1000) + "ms");
            Process bench = new ProcessBuilder(
                            nbd.toString(), "bench", "--rw=read", "--bs=256K", "--duration=2s", "--json", source)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String output = new String(bench.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (!bench.waitFor(60, TimeUnit.SECONDS) || bench.exitValue() != 0) {
                throw new IOException("nbd bench failed: " + output);
            }
            double median = Json.number(Json.member(Json.parse(output), "latency_us"), "p50") / 1e6;
            return Math.max(0, median - DELAY_SECONDS);
        }
    }

    /** Measures a copy whose reads take a while, and returns the wall time of each repetition. */
    double[] measure(Job job, int depth, int repeats) throws IOException, InterruptedException {
        try (var stage = new Stage()) {
            String source = stage.nbdkit(
                    "-t",
                    "64",
                    "--filter=delay",
                    "pattern",
                    Long.toString(job.bytes()),
                    "rdelay=" + Math.round(job.latencySeconds() * 1000) + "ms");
            var seconds = new double[repeats];
            for (int i = 0; i < repeats; i++) {
                seconds[i] = run(
                                "copy",
                                "--connections=" + job.connections(),
                                "--requests=" + depth,
                                "--request-size=" + job.requestSize(),
                                source,
                                "null:")
                        .wallSeconds();
            }
            return seconds;
        }
    }

    @Override
    public void close() throws IOException {
        runner.close();
    }
}
