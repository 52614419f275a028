// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Measures nbd4j beside nbdcopy, qemu-img and fio on the same servers in one run: the programs take turns, so that a
 * machine that slows down slows all of them. Prints a table in Markdown.
 *
 * <p>Usage: {@code compare [--runs N] [--size 2G] [--only TEXT] NBD}; {@code benchmarks/compare} fills in the last.
 */
public final class Compare {
    private static final long RUN_LIMIT_SECONDS = 600;

    private final int runs;
    private final Path timeFile;

    private Compare(int runs, Path timeFile) {
        this.runs = runs;
        this.timeFile = timeFile;
    }

    /** Runs the comparison. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int runs = 5;
        String size = "2G";
        String only = "";
        int next = 0;
        while (next < args.length - 1) {
            switch (args[next]) {
                case "--runs" -> runs = Integer.parseInt(args[next + 1]);
                case "--size" -> size = args[next + 1];
                case "--only" -> only = args[next + 1];
                default -> throw new IllegalArgumentException("unknown option " + args[next]);
            }
            next += 2;
        }
        String nbd = args[args.length - 1];
        Path timeFile = Files.createTempFile("nbd-compare", ".time");
        try {
            var compare = new Compare(runs, timeFile);
            System.out.print(Machine.describe(nbd));
            System.out.printf(Locale.ROOT, "%nMedians of %d alternating runs; dense disks of %s.%n%n", runs, size);
            System.out.println("| job | program | wall s | CPU s | peak MiB | requests/s | wall or rate vs. first |");
            System.out.println("|---|---|---|---|---|---|---|");
            for (Scenario scenario : new Scenarios(nbd, size).all()) {
                if (scenario.name().contains(only)) {
                    compare.run(scenario);
                }
            }
        } finally {
            Files.delete(timeFile);
        }
    }

    private void run(Scenario scenario) throws IOException, InterruptedException {
        try (var stage = new Stage()) {
            List<Contender> contenders = scenario.setting().contenders(stage);
            Map<String, List<Sample>> samples = new LinkedHashMap<>();
            // The first round warms the page cache and is not counted.
            for (int round = 0; round <= runs; round++) {
                for (Contender contender : contenders) {
                    Sample sample = measure(contender);
                    if (round > 0) {
                        samples.computeIfAbsent(contender.name(), name -> new ArrayList<>())
                                .add(sample);
                    }
                }
            }
            Rows.print(scenario, samples);
        }
    }

    private Sample measure(Contender contender) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("/usr/bin/time", "-f", "%e %U %S %M", "-o", timeFile.toString()));
        command.addAll(contender.command());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!process.waitFor(RUN_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(contender.name() + " took more than " + RUN_LIMIT_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new IOException(contender.name() + " ended with exit code " + process.exitValue() + ": "
                    + String.join(" ", contender.command()));
        }
        List<String> lines = Files.readAllLines(timeFile);
        String[] figures = lines.get(lines.size() - 1).split(" ", -1);
        return new Sample(
                Double.parseDouble(figures[0]),
                Double.parseDouble(figures[1]) + Double.parseDouble(figures[2]),
                Long.parseLong(figures[3]),
                Rows.iops(output));
    }
}
