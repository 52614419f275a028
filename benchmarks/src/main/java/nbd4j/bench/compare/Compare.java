// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures nbd4j beside nbdcopy, qemu-img, nbdinfo and fio on the same servers in one run: the programs take turns, in
 * another order each round, so that a machine that slows down slows all of them. Makes tables in Markdown, a plot, and a
 * file of JSON with every run.
 *
 * <p>{@code benchmarks/compare} starts it and says what can be typed.
 */
public final class Compare {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Options options;
    private final Runner runner;

    private Compare(Options options, Runner runner) {
        this.options = options;
        this.runner = runner;
    }

    /** Runs the comparison, and ends the JVM with 2 where it was called wrongly, 1 where something failed. */
    public static void main(String[] args) throws InterruptedException {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("compare: " + e.getMessage());
            System.exit(2);
            return;
        }
        try {
            run(options);
        } catch (IOException e) {
            System.err.println("compare: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void run(Options options) throws IOException, InterruptedException {
        if (!options.merge().isEmpty()) {
            List<List<Outcome>> files = new ArrayList<>();
            for (Path file : options.merge()) {
                files.add(ResultFile.read(file));
            }
            System.out.print(Tables.javas(files));
            return;
        }
        if (options.list()) {
            new Scenarios(options.nbd(), options.size(), List.of())
                    .all()
                    .forEach(scenario -> System.out.println(scenario.name()));
            return;
        }
        try (var runner = new Runner();
                var stage = new Stage()) {
            new Compare(options, runner).all(javas(options, stage));
        }
    }

    private static List<Java> javas(Options options, Stage stage) throws IOException {
        List<Java> javas = new ArrayList<>();
        for (String java : options.javas()) {
            javas.add(
                    java.equals(Options.OTHER_ROOT)
                            ? Java.ofRoot(
                                    Path.of(System.getenv().getOrDefault("NBD4J_TRIXIE", "/var/cache/nbd4j-ci/trixie")),
                                    stage.file("java21"))
                            : Java.at(Path.of(java)));
        }
        return javas.isEmpty() ? List.of(Java.at(Path.of(System.getProperty("java.home")))) : javas;
    }

    private void all(List<Java> javas) throws IOException, InterruptedException {
        Path results = options.results().orElse(Path.of("benchmarks", "results"));
        Files.createDirectories(results);
        Path base = results.resolve("compare-" + STAMP.format(Instant.now()));
        // Builds the class archive of each Java, which is not to be measured.
        for (Java java : javas) {
            runner.run(Contender.ours("nbd", java, List.of(options.nbd().toString(), "--version")));
        }
        String machine = Machine.describe(options.nbd(), javas);
        long begun = System.nanoTime();
        List<Outcome> outcomes = new ArrayList<>();
        for (Scenario scenario : new Scenarios(options.nbd(), options.size(), javas).all()) {
            if (options.wants(scenario)) {
                System.err.printf(Locale.ROOT, "compare: after %.0f s: %s%n", seconds(begun), scenario.name());
                outcomes.add(run(scenario));
                // After each job, so that what is done is not lost.
                String page = page(machine, outcomes, javas.size(), seconds(begun));
                Files.writeString(Path.of(base + ".md"), page);
                Files.writeString(Path.of(base + ".svg"), Plot.of(outcomes));
                ResultFile.write(Path.of(base + ".json"), machine, outcomes);
            }
        }
        if (outcomes.isEmpty()) {
            throw new IOException("no job has a name with " + options.only() + "; --list prints them all");
        }
        System.out.print(page(machine, outcomes, javas.size(), seconds(begun)));
        System.err.printf("compare: wrote %s.md, .svg and .json%n", base);
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    private String page(String machine, List<Outcome> outcomes, int javas, double seconds) {
        var page = new StringBuilder(machine);
        page.append(String.format(
                Locale.ROOT,
                "%nMedians of %d rounds, in which the programs take turns; ratios are medians of the ratios of each round. "
                        + "Dense disks have %s. All of it took %.0f s.%n%n",
                options.runs(),
                options.size(),
                seconds));
        page.append(Tables.verdicts(outcomes)).append('\n').append(Tables.measured(outcomes));
        if (javas > 1) {
            page.append('\n').append(Tables.javas(List.of(outcomes)));
        }
        return page.toString();
    }

    private Outcome run(Scenario scenario) throws IOException, InterruptedException {
        try (var stage = new Stage()) {
            List<Contender> contenders = scenario.setting().contenders(stage);
            Map<Contender, List<Sample>> samples = new HashMap<>();
            contenders.forEach(contender -> samples.put(contender, new ArrayList<>()));
            int rounds = scenario.runs().of(options.runs());
            // The first round fills the page cache and the memory of servers.
            for (int round = scenario.runs().warmUp() ? -1 : 0; round < rounds; round++) {
                List<Contender> order = new ArrayList<>(contenders);
                Collections.rotate(order, round);
                for (Contender contender : order) {
                    if (round >= contender.mostRuns()) {
                        continue;
                    }
                    Sample sample = runner.run(contender);
                    if (round >= 0) {
                        samples.getOrDefault(contender, List.of()).add(sample);
                    }
                }
            }
            return new Outcome(
                    scenario.name(),
                    scenario.goal(),
                    contenders.stream()
                            .map(each -> new Outcome.Program(
                                    each.name(), each.java(), samples.getOrDefault(each, List.of())))
                            .toList());
        }
    }
}
