// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nbd4j.client.NbdConnection;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.BlockStatus;
import nbd4j.model.Export;
import nbd4j.model.Printable;
import nbd4j.model.ReplyStyle;

/** {@code nbd info --map}: asks for the map of an export, and prints it once it is complete. */
final class MapReport {
    /** Some servers fail when they are asked about 4 GiB at a time (CVE-2025-47711). */
    private static final long LONGEST_COMPACT = 1L << 30;

    /** With 64-bit requests the whole disk may be asked for; servers that take those are newer than such faults. */
    private static final long LONGEST_EXTENDED = 1L << 62;

    private final Console console;
    private final InfoOptions options;
    private final Door door;

    MapReport(Console console, InfoOptions options, Door door) {
        this.console = console;
        this.options = options;
        this.door = door;
    }

    int run() throws IOException {
        try (var out = new Spool();
                NbdConnection connection = door.connect(options.contexts())) {
            for (String context : options.contexts()) {
                if (!connection.export().hasContext(context)) {
                    throw new FailureException(
                            ExitCode.FAILED,
                            "--map: server does not support metadata context \"%s\""
                                    .formatted(Printable.escape(context)));
                }
            }
            walk(connection, options.contexts(), options.range(), options.limits(), sink(out), console);
            out.release(console.out());
            return ExitCode.DONE;
        }
    }

    private MapSink sink(Spool out) {
        if (options.totals()) {
            return new MapTotals(out, options.contexts(), options.json(), options.colour());
        }
        return options.json()
                ? new MapJson(out, options.contexts())
                : new MapText(out, options.contexts(), options.colour());
    }

    /** Hands on the map of a range, for contexts that the connection has. */
    static void walk(
            NbdConnection connection,
            List<String> contexts,
            MapRange range,
            MapLimits limits,
            MapSink sink,
            Console console)
            throws IOException {
        Export export = connection.export();
        long alignment = export.blockSizes().minimum();
        long from = range.requireInside(export.size()).offset();
        long to = range.end(export.size());
        long alignedFrom = from - from % alignment;
        long alignedTo = to % alignment == 0 ? to : to - to % alignment + alignment;
        if (alignedTo > export.size()) {
            throw new FailureException(
                    ExitCode.FAILED,
                    "the last %d bytes of the export cannot be asked for: its size %d is no multiple of its minimum block %d; use --range 0+%d"
                            .formatted(
                                    export.size() % alignment,
                                    export.size(),
                                    alignment,
                                    export.size() - export.size() % alignment));
        }
        boolean extended = export.replyStyle() == ReplyStyle.EXTENDED;
        var walk = new MapWalk(
                (offset, length) -> answers(connection, contexts, offset, length),
                connection::abort,
                contexts.size(),
                alignment,
                extended ? LONGEST_EXTENDED : LONGEST_COMPACT,
                limits,
                System::nanoTime,
                new MapProgress(console, from, to, System::nanoTime));
        walk.run(alignedFrom, alignedTo, new Clip(sink, from, to));
    }

    private static List<List<BlockDescriptor>> answers(
            NbdConnection connection, List<String> contexts, long offset, long length) throws IOException {
        List<BlockStatus> reply = connection.blockStatus(offset, length, Set.of());
        var answers = new ArrayList<List<BlockDescriptor>>();
        for (String context : contexts) {
            for (BlockStatus status : reply) {
                if (status.context().name().equals(context)) {
                    answers.add(status.descriptors());
                    break;
                }
            }
        }
        return answers;
    }

    /**
     * Cuts off what was only asked for because of the alignment.
     *
     * @param sink where the rows go
     * @param from bytes
     * @param to bytes
     */
    private record Clip(MapSink sink, long from, long to) implements MapSink {
        @Override
        public void row(MapRow row) throws IOException {
            long offset = Math.max(from, row.offset());
            long end = Math.min(to, row.end());
            if (offset < end) {
                sink.row(new MapRow(offset, end - offset, row.types()));
            }
        }

        @Override
        public void end() throws IOException {
            sink.end();
        }
    }
}
