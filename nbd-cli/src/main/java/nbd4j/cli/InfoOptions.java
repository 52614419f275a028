// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nbd4j.model.MetaContext;

/**
 * What {@code nbd info} is asked, taken from its arguments.
 *
 * @param mode the question
 * @param json whether to answer in JSON
 * @param colour whether to use colours
 * @param content whether to ask file(1)
 * @param feature the X of {@code --can X}
 * @param contexts the metadata contexts of a map
 * @param totals whether to add the map up
 * @param range the part of the disk to map
 * @param limits how much of a map to take
 * @param probe whether to measure, too
 */
record InfoOptions(
        Mode mode,
        boolean json,
        boolean colour,
        boolean content,
        Optional<Question> feature,
        List<String> contexts,
        boolean totals,
        MapRange range,
        MapLimits limits,
        boolean probe) {
    /** The questions. */
    enum Mode {
        REPORT,
        LIST,
        SIZE,
        URI,
        CAN,
        MAP,
        PROBE,
        PLAN,
        PAIR
    }

    /**
     * A question for yes or no.
     *
     * @param feature as typed
     * @param negated whether no is the answer hoped for: {@code --cannot}
     */
    record Question(String feature, boolean negated) {}

    static final List<Option> OPTIONS = List.of(
            Option.flag("Answer in JSON.", "--json"),
            Option.flag("Print the size in bytes, nothing else.", "--size"),
            Option.flag("Print the URI of the export in its canonical form.", "--uri"),
            Option.value(
                    "X",
                    "Print nothing; exit with 0 for yes, 2 for no, 1 if it cannot be told. X is one of\n"
                            + Feature.NAMES,
                    "--can",
                    "--is",
                    "--has",
                    "--have"),
            Option.value(
                    "X",
                    "The contrary: exit with 0 for no, 2 for yes.",
                    "--cannot",
                    "--cant",
                    "--can-not",
                    "--isnt",
                    "--isnot",
                    "--is-not",
                    "--hasnt",
                    "--hasnot",
                    "--has-not",
                    "--havent",
                    "--havenot",
                    "--have-not"),
            Option.optional(
                    "CONTEXT[,CONTEXT…]",
                    "Print which ranges are data, holes and zeroes, or what another context tells of them, such as\n"
                            + "qemu:dirty-bitmap:NAME; with several contexts, what all of them tell.",
                    "--map"),
            Option.flag("With --map: how many bytes have each type.", "--totals", "--total"),
            Option.value(
                    "OFFSET[+LENGTH]",
                    "With --map: only this part of the disk, such as 1G+64M; without a length, to its end.",
                    "--range"),
            Option.value(
                    "N", "With --map, --plan: give up on a map of more extents. Default: 4194304.", "--max-extents"),
            Option.value("TIME", "With --map, --plan: give up on a map that takes longer. Default: 10m.", "--max-time"),
            Option.flag("List all exports of the server.", "-L", "--list"),
            Option.flag(
                    "Measure latency and throughput of reads, in about two seconds and 256 MiB, and tell how a copy would read.\n"
                            + "With --plan: estimate the time, too.",
                    "--probe"),
            Option.flag("Tell what a copy from A to B would do. Ends with 1 if it cannot be done.", "--plan"),
            Option.flag("With --plan: all of B reads as zeroes already.", "--destination-is-zero", "--target-is-zero"),
            Option.flag("Ask file(1) what the export holds. Default, but not with --list.", "--content"),
            Option.flag("Do not.", "--no-content"),
            Option.flag("Use colours. Default on a terminal.", "--color", "--colour", "--colors", "--colours"),
            Option.flag("Do not.", "--no-color", "--no-colour", "--no-colors", "--no-colours"),
            ConnectSettings.TIMEOUT,
            ConnectSettings.VERBOSE);

    InfoOptions {
        contexts = List.copyOf(contexts);
    }

    /**
     * Returns what the arguments ask, and refuses what cannot be asked together.
     *
     * @param exports how many were named, at least one
     */
    static InfoOptions of(Arguments arguments, int exports, boolean terminal) throws UsageException {
        if (arguments.has("--content") && arguments.has("--no-content")) {
            throw new UsageException("you cannot use --content and --no-content together");
        }
        Mode mode = mode(arguments, exports);
        for (String key : List.of("--totals", "--range", "--max-extents", "--max-time")) {
            boolean plan = mode == Mode.PLAN && key.startsWith("--max");
            if (arguments.has(key) && mode != Mode.MAP && !plan) {
                throw new UsageException("you must use %s only with --map option".formatted(key));
            }
        }
        if (arguments.has("--destination-is-zero") && mode != Mode.PLAN) {
            throw new UsageException("you must use --destination-is-zero only with --plan option");
        }
        boolean content = mode != Mode.LIST && mode != Mode.PAIR;
        return new InfoOptions(
                mode,
                arguments.has("--json"),
                arguments.toggle("--color", "--no-color", terminal),
                arguments.toggle("--content", "--no-content", content),
                question(arguments),
                contexts(arguments.value("--map").orElse(MetaContext.BASE_ALLOCATION)),
                arguments.has("--totals"),
                arguments.has("--range")
                        ? MapRange.parse(arguments.value("--range").orElseThrow())
                        : MapRange.ALL,
                limits(arguments),
                arguments.has("--probe"));
    }

    private static Mode mode(Arguments arguments, int exports) throws UsageException {
        var given = new ArrayList<Choice>();
        for (var each : List.of(
                new Choice("--list", Mode.LIST),
                new Choice("--size", Mode.SIZE),
                new Choice("--uri", Mode.URI),
                new Choice("--can", Mode.CAN),
                new Choice("--cannot", Mode.CAN),
                new Choice("--map", Mode.MAP),
                new Choice("--plan", Mode.PLAN))) {
            if (arguments.has(each.key())) {
                given.add(each);
            }
        }
        if (given.size() > 1) {
            throw new UsageException(
                    "you cannot use %s together; ask one of --list, --size, --uri, --can, --cannot, --map, --plan at a time"
                            .formatted(String.join(
                                    " and ", given.stream().map(Choice::key).toList())));
        }
        Mode mode = given.isEmpty() ? Mode.REPORT : given.get(0).mode();
        if (arguments.has("--probe") && mode != Mode.PLAN) {
            if (mode != Mode.REPORT) {
                throw new UsageException("you can use --probe alone or with --plan, but not with %s"
                        .formatted(given.get(0).key()));
            }
            mode = Mode.PROBE;
        }
        if (mode == Mode.REPORT && exports == 2) {
            mode = Mode.PAIR;
        }
        if (mode == Mode.PLAN && exports != 2) {
            throw new UsageException("--plan needs two exports, A and B, but got %d".formatted(exports));
        }
        if (exports > 2 || (exports == 2 && mode != Mode.PAIR && mode != Mode.PLAN)) {
            throw new UsageException("%s enough, but got %d"
                    .formatted(
                            mode == Mode.REPORT ? "one export, or two side by side, are" : "one export is", exports));
        }
        return mode;
    }

    private record Choice(String key, Mode mode) {}

    private static Optional<Question> question(Arguments arguments) {
        if (arguments.has("--cannot")) {
            return arguments.value("--cannot").map(feature -> new Question(feature, true));
        }
        return arguments.value("--can").map(feature -> new Question(feature, false));
    }

    private static List<String> contexts(String text) throws UsageException {
        var contexts = new ArrayList<String>();
        int from = 0;
        while (from <= text.length()) {
            int comma = text.indexOf(',', from);
            // A bitmap may have a comma in its name, but a context begins with a namespace and a colon.
            int end = comma < 0 || text.indexOf(':', comma) < 0 ? text.length() : comma;
            String context = text.substring(from, end);
            if (context.isEmpty() || contexts.contains(context)) {
                throw new UsageException("--map: '%s' names %s"
                        .formatted(OneLine.of(text), context.isEmpty() ? "an empty context" : "a context twice"));
            }
            contexts.add(context);
            from = end + 1;
        }
        return contexts;
    }

    private static MapLimits limits(Arguments arguments) throws UsageException {
        int rows = arguments.number("--max-extents", 1, Integer.MAX_VALUE, Math.toIntExact(MapLimits.DEFAULT_ROWS));
        Optional<String> time = arguments.value("--max-time");
        return new MapLimits(
                rows, time.isPresent() ? HumanDuration.parse("--max-time", time.get()) : MapLimits.DEFAULT_TIME);
    }
}
