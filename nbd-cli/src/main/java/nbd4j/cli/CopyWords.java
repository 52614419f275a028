// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.OptionalLong;
import nbd4j.copy.CopyPlan;
import nbd4j.copy.CopyProgress;
import nbd4j.copy.CopyReport;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;

/** What {@code nbd copy -v} tells before and after a copy. */
final class CopyWords {
    private CopyWords() {}

    static void before(Console console, Source source, Target target, CopySettings settings, CopyPlan plan) {
        console.message("source: %s, %s, block sizes %s, extents=%s, parallel=%d"
                .formatted(
                        source.name(),
                        size(source.size()),
                        blocks(source.blockSizes()),
                        source.canExtents() && settings.copy().extents(),
                        source.maximumParallel()));
        console.message("destination: %s, %s, block sizes %s, zero=%s, flush=%s, parallel=%d"
                .formatted(
                        target.name(),
                        size(target.size()),
                        blocks(target.blockSizes()),
                        target.canZero(),
                        target.canFlush(),
                        target.maximumParallel()));
        console.message("connections=%d requests=%d request-size=%d sparse=%d synchronous=%s max-memory=%d"
                .formatted(
                        settings.ends().connections(),
                        settings.ends().requests(),
                        plan.requestSize().value(),
                        settings.copy().sparse(),
                        settings.copy().synchronous(),
                        settings.copy().maximumMemory()));
    }

    static void after(Console console, CopyReport report) {
        CopyProgress done = report.progress();
        console.message(
                "copied %s in %s: read %d, written %d, zeroed %d, skipped %d bytes; %d retries, %d reconnects; %s"
                        .formatted(
                                HumanSize.rounded(report.size()),
                                HumanDuration.of(done.elapsed()),
                                done.read(),
                                done.written(),
                                done.zeroed(),
                                done.skipped(),
                                done.retried(),
                                done.reconnects(),
                                report.durable() ? "durable" : "not flushed"));
    }

    private static String size(OptionalLong size) {
        return size.isEmpty()
                ? "unknown size"
                : "%d bytes (%s)".formatted(size.getAsLong(), HumanSize.exact(size.getAsLong()));
    }

    private static String blocks(nbd4j.model.BlockSizes sizes) {
        return sizes.minimum() + "/" + sizes.preferred() + "/" + sizes.maximumPayload();
    }
}
