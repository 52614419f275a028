// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nbd4j.copy.CopyPlan;
import nbd4j.copy.ParallelCopier;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.model.BlockSizes;

/** {@code nbd info --probe}: how fast an export can be read, and how a copy from it would read it. */
final class ProbeReport {
    private final Console console;
    private final InfoOptions options;
    private final CopySettings settings;

    ProbeReport(Console console, InfoOptions options, CopySettings settings) {
        this.console = console;
        this.options = options;
        this.settings = settings;
    }

    int run(Door door) throws IOException {
        ExportFacts facts = ExportReport.gather(door, false).export();
        var lines = new ArrayList<ChoiceLine>();
        Optional<Probe> probe;
        try (Source source = Endpoints.source(door.location(), settings.ends());
                Target nowhere = Endpoints.target(new Location.Null(), settings.ends())) {
            CopyPlan plan = new ParallelCopier(source, nowhere, settings.copy()).plan();
            lines.addAll(ChoiceLine.of(plan));
            lines.add(ChoiceLine.connections("connections", settings.ends(), facts.flags()));
            probe = Probe.of(source, plan.requestSize().value(), plan.depth().value());
        }
        console.print(options.json() ? json(facts, probe, lines) : text(door, facts, probe, lines));
        return ExitCode.DONE;
    }

    private static String text(Door door, ExportFacts facts, Optional<Probe> probe, List<ChoiceLine> lines) {
        var text = new StringBuilder();
        text.append("export: ").append(door.title()).append('\n');
        text.append("size: ").append(Fact.size(facts.size())).append('\n');
        text.append("block sizes: ").append(blockSizes(facts)).append('\n');
        text.append(text(probe));
        text.append("a copy from here would choose\n");
        lines.forEach(line -> text.append('\t').append(line.text()));
        return text.toString();
    }

    private static String blockSizes(ExportFacts facts) {
        BlockSizes sizes = facts.blockSizes().orElse(BlockSizes.UNADVERTISED);
        return "minimum %d, preferred %d, maximum %d (%s)"
                .formatted(
                        sizes.minimum(),
                        sizes.preferred(),
                        sizes.maximumPayload(),
                        facts.blockSizes().isPresent() ? "as the server says" : "assumed; the server does not say");
    }

    /** Returns what was measured as lines. */
    static String text(Optional<Probe> measured) {
        if (measured.isEmpty()) {
            return "nothing to measure: there is nothing to read\n";
        }
        Probe probe = measured.get();
        Probe.Latency latency = probe.latency();
        return "latency: median %s ms, minimum %s ms (%d reads of %d bytes)\n"
                        .formatted(
                                Decimal.of(latency.median().toNanos() / 1e6, 3),
                                Decimal.of(latency.minimum().toNanos() / 1e6, 3),
                                latency.reads(),
                                latency.block())
                + rate("single stream", probe.single())
                + rate("parallel", probe.parallel());
    }

    private static String rate(String name, Probe.Rate rate) {
        return "%s: %s/s (%s in %s s, %d in flight of %d bytes)\n"
                .formatted(
                        name,
                        HumanSize.rounded(rate.bytesPerSecond()),
                        HumanSize.rounded(rate.bytes()),
                        Decimal.of(rate.time().toNanos() / 1e9, 3),
                        rate.depth(),
                        rate.block());
    }

    private static String json(ExportFacts facts, Optional<Probe> probe, List<ChoiceLine> lines) {
        var object = new JsonObject();
        facts.uri().ifPresent(uri -> object.text("uri", uri));
        object.text("export-name", facts.name()).number("export-size", facts.size());
        BlockSizes sizes = facts.blockSizes().orElse(BlockSizes.UNADVERTISED);
        object.object(
                "block-sizes",
                new JsonObject()
                        .number("minimum", sizes.minimum())
                        .number("preferred", sizes.preferred())
                        .number("maximum", sizes.maximumPayload())
                        .flag("advertised", facts.blockSizes().isPresent()));
        add(object, probe);
        var choice = new JsonObject();
        lines.forEach(line -> line.addTo(choice));
        return object.object("copy", choice) + "\n";
    }

    /** Adds what was measured. */
    static void add(JsonObject object, Optional<Probe> measured) {
        if (measured.isEmpty()) {
            object.raw("latency", "null").raw("single-stream", "null").raw("parallel", "null");
            return;
        }
        Probe probe = measured.get();
        object.object(
                "latency",
                new JsonObject()
                        .number("median-nanos", probe.latency().median().toNanos())
                        .number("minimum-nanos", probe.latency().minimum().toNanos())
                        .number("reads", probe.latency().reads())
                        .number("block", probe.latency().block()));
        object.object("single-stream", json(probe.single()));
        object.object("parallel", json(probe.parallel()));
    }

    private static JsonObject json(Probe.Rate rate) {
        return new JsonObject()
                .number("bytes-per-second", Math.round(rate.bytesPerSecond()))
                .number("bytes", rate.bytes())
                .number("nanos", rate.time().toNanos())
                .number("depth", rate.depth())
                .number("block", rate.block());
    }
}
