// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nbd4j.copy.CopyPlan;
import nbd4j.copy.ParallelCopier;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;

/** {@code nbd info --plan A B}: what {@code nbd copy A B} would do. Nothing is written. */
final class PlanReport {
    private final Console console;
    private final InfoOptions options;
    private final CopySettings settings;

    PlanReport(Console console, InfoOptions options, CopySettings settings) {
        this.console = console;
        this.options = options;
        this.settings = settings;
    }

    /**
     * What a copy would move, in bytes.
     *
     * @param moved read and written
     * @param zeroed not read, but zero afterwards
     * @param skipped not read, and left alone
     */
    private record Work(long moved, long zeroed, long skipped) {}

    int run(Door from, Door to) throws IOException {
        ExportFacts a = ExportReport.gather(from, false).export();
        ExportFacts b = ExportReport.gather(to, false).export();
        try (Source source = Endpoints.source(from.location(), settings.ends())) {
            Target opened;
            try {
                opened = Endpoints.target(to.location(), settings.ends());
            } catch (EndpointException e) {
                if (!b.flags().readOnly()) {
                    throw e;
                }
                // The one conflict that shows before there is a plan.
                return refused(from, to, String.valueOf(e.getMessage()));
            }
            try (Target target = opened) {
                CopyPlan plan = new ParallelCopier(source, target, settings.copy()).plan();
                var lines = new ArrayList<>(ChoiceLine.of(plan));
                lines.add(ChoiceLine.connections("connections to A", settings.ends(), a.flags()));
                lines.add(ChoiceLine.connections("connections to B", settings.ends(), b.flags()));
                Work work = work(source, plan);
                Optional<Probe> probe = options.probe()
                        ? Probe.of(
                                source, plan.requestSize().value(), plan.depth().value())
                        : Optional.empty();
                console.print(
                        options.json()
                                ? json(from, to, plan, lines, work, probe)
                                : text(from, to, plan, lines, work, probe));
                return plan.conflict().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
            }
        }
    }

    private int refused(Door from, Door to, String conflict) throws IOException {
        console.print(
                options.json()
                        ? ends(from, to).text("conflict", conflict) + "\n"
                        : titles(from, to) + "conflict: " + OneLine.of(conflict) + "\n");
        return ExitCode.FAILED;
    }

    /** Adds up the map of the source, by the rules of the copy. */
    private Work work(Source source, CopyPlan plan) throws IOException {
        long size = source.size().orElse(0);
        long minimum = source.blockSizes().minimum();
        var notRead = new long[1];
        if (plan.asksForExtents()) {
            MapSink sink = new MapSink() {
                @Override
                public void row(MapRow row) {
                    if ((row.types().get(0) & MetaContext.STATE_ZERO) != 0) {
                        notRead[0] += plan.notRead(row.offset(), row.length());
                    }
                }

                @Override
                public void end() {}
            };
            long longest = source.maximumExtents() - source.maximumExtents() % minimum;
            new MapWalk(
                            (offset, length) -> List.of(descriptors(source.extents(offset, length))),
                            () -> abort(source),
                            1,
                            minimum,
                            longest,
                            options.limits(),
                            System::nanoTime,
                            new MapProgress(console, 0, size, System::nanoTime))
                    .run(0, size - size % minimum, sink);
        }
        return plan.zeroes() == CopyPlan.Zeroes.SKIPPED
                ? new Work(size - notRead[0], 0, notRead[0])
                : new Work(size - notRead[0], notRead[0], 0);
    }

    @SuppressWarnings("EmptyCatch") // the walk fails already, and says why
    private static void abort(Source source) {
        try {
            source.close();
        } catch (IOException e) {
            // Its owner closes it again.
        }
    }

    /** Whether a range is zero is all that a copy wants to know. */
    private static List<BlockDescriptor> descriptors(List<Extent> extents) {
        return extents.stream()
                .map(extent -> new BlockDescriptor(extent.length(), extent.flags() & MetaContext.STATE_ZERO))
                .toList();
    }

    private static String titles(Door from, Door to) {
        return "A: " + from.title() + "\nB: " + to.title() + "\n";
    }

    private static String text(
            Door from, Door to, CopyPlan plan, List<ChoiceLine> lines, Work work, Optional<Probe> probe) {
        var text = new StringBuilder(titles(from, to));
        plan.conflict()
                .ifPresent(conflict ->
                        text.append("conflict: ").append(OneLine.of(conflict)).append('\n'));
        text.append(
                "move: %s, %s\n"
                        .formatted(
                                Fact.size(work.moved()),
                                plan.asksForExtents()
                                        ? "read from A and written to B, but for zeroes found in it"
                                        : "read from A, which does not tell what is zero, and written to B, but for zeroes found in it"));
        text.append("zero: %s, %s\n"
                .formatted(
                        Fact.size(work.zeroed()),
                        plan.zeroes() == CopyPlan.Zeroes.WRITTEN
                                ? "sent as data, because B cannot zero"
                                : "zeroed by B without being sent"));
        text.append("skip: %s, which B need not be told\n".formatted(Fact.size(work.skipped())));
        text.append("block sizes: requests are multiples of %d, zeroed ranges of %d\n"
                .formatted(plan.minimumBlock(), plan.zeroAlignment()));
        lines.forEach(line -> text.append(line.text()));
        plan.remarks()
                .forEach(remark ->
                        text.append("note: ").append(OneLine.of(remark)).append('\n'));
        if (probe.isPresent()) {
            text.append(ProbeReport.text(probe));
            text.append("time: about %s to read from A; how fast B writes is not measured\n"
                    .formatted(HumanDuration.of(estimate(work, probe.get()))));
        }
        return text.toString();
    }

    private static Duration estimate(Work work, Probe probe) {
        return Duration.ofMillis(
                Math.round(1000.0 * work.moved() / probe.parallel().bytesPerSecond()));
    }

    private static JsonObject ends(Door from, Door to) {
        return new JsonObject().text("a", from.title()).text("b", to.title());
    }

    private static String json(
            Door from, Door to, CopyPlan plan, List<ChoiceLine> lines, Work work, Optional<Probe> probe) {
        JsonObject object = ends(from, to);
        plan.conflict().ifPresent(conflict -> object.text("conflict", conflict));
        object.number("move", work.moved())
                .number("zero", work.zeroed())
                .number("skip", work.skipped())
                .flag("extents", plan.asksForExtents())
                .text("zeroes", plan.zeroes().name().toLowerCase(java.util.Locale.ROOT))
                .number("minimum-block", plan.minimumBlock())
                .number("zero-alignment", plan.zeroAlignment());
        lines.forEach(line -> line.addTo(object));
        object.texts("notes", plan.remarks());
        if (probe.isPresent()) {
            ProbeReport.add(object, probe);
            object.number("estimated-millis", estimate(work, probe.get()).toMillis());
        }
        return object + "\n";
    }
}
