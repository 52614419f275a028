// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdConnection;
import nbd4j.model.MetaContext;

/** {@code nbd info}: what a server offers, and what is on a disk. A drop-in for nbdinfo. */
final class InfoCommand implements Command {
    @Override
    public Syntax syntax() {
        return new Syntax(
                "info",
                "Shows what an NBD server offers, and which parts of a disk hold data.",
                List.of(
                        "{} [--json] NBD",
                        "{} --list [--json] NBD",
                        "{} --size | --uri | --can FEATURE | --is FEATURE | --has FEATURE NBD",
                        "{} --map[=CONTEXT[,CONTEXT…]] [--totals] [--range OFFSET+LENGTH] [--json] NBD",
                        "{} --probe [--json] NBD",
                        "{} [--json] A B",
                        "{} --plan [--probe] [--json] A B",
                        "NBD, A, B := NBD-URI | [ CMD ARGS ... ]"),
                List.of(
                        new Syntax.Example("{} nbd://localhost", "Everything the server tells of its default export."),
                        new Syntax.Example("{} --list nbd://localhost", "All exports."),
                        new Syntax.Example("{} --map --totals nbd://localhost", "How much of the disk is data."),
                        new Syntax.Example(
                                "{} --map=base:allocation,qemu:dirty-bitmap:b0 --json nbd://localhost/disk",
                                "Which ranges are data and changed since a backup."),
                        new Syntax.Example(
                                "{} --probe nbd://localhost", "How fast it can be read, and how a copy would read it."),
                        new Syntax.Example("{} nbd://a/disk nbd://b/disk", "Two exports side by side."),
                        new Syntax.Example(
                                "{} --plan nbd://a/disk nbd://b/disk", "What a copy from one to the other would do."),
                        new Syntax.Example("{} [ qemu-nbd -r -f qcow2 disk.qcow2 ]", "What is in a qcow2 file."),
                        new Syntax.Example(
                                "{} --can multi-conn nbd://localhost && echo yes",
                                "Asks for one feature, in a script.")),
                InfoOptions.OPTIONS);
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException, IOException {
        List<Operand> operands = Door.operands(arguments);
        InfoOptions options =
                InfoOptions.of(arguments, operands.size(), console.environment().outTerminal());
        ConnectOptions connect = ConnectSettings.of(arguments);
        try (Door door = Door.open(operands.get(0), connect)) {
            return switch (options.mode()) {
                case REPORT -> new ExportReport(console, options, door).one();
                case LIST -> new ExportReport(console, options, door).all();
                case SIZE -> size(console, door);
                case URI -> uri(console, door);
                case CAN -> can(door, options.feature().orElseThrow());
                case MAP -> new MapReport(console, options, door).run();
                case PROBE -> new ProbeReport(console, options, CopySettings.of(arguments)).run(door);
                case PAIR, PLAN -> {
                    try (Door other = Door.open(operands.get(1), connect)) {
                        yield options.mode() == InfoOptions.Mode.PAIR
                                ? new PairReport(console, options).run(door, other)
                                : new PlanReport(console, options, CopySettings.of(arguments)).run(door, other);
                    }
                }
            };
        }
    }

    private static int size(Console console, Door door) throws IOException {
        long size;
        try (NbdConnection connection = door.connect(List.of())) {
            size = connection.export().size();
        }
        console.print(size + "\n");
        return ExitCode.DONE;
    }

    private static int uri(Console console, Door door) throws IOException {
        String uri = door.uri(door.exportName())
                .orElseThrow(() -> new FailureException(
                        ExitCode.FAILED, "--uri: a server that is started for one question has no URI"));
        door.connect(List.of()).close(); // A URI that leads nowhere is an error.
        console.print(uri + "\n");
        return ExitCode.DONE;
    }

    private static int can(Door door, InfoOptions.Question question) throws IOException {
        Feature feature = Feature.of(question.feature());
        // qemu-nbd says so only to those who chose a context.
        List<String> contexts =
                feature == Feature.BLOCK_STATUS_PAYLOAD ? List.of(MetaContext.BASE_ALLOCATION) : List.of();
        try (NbdConnection connection = door.connect(contexts)) {
            return feature.of(connection.export()) == question.negated() ? ExitCode.NO : ExitCode.DONE;
        }
    }

    @Override
    public int usageExitCode(Console console, List<String> words) {
        // To a script, 2 would be the answer no.
        boolean question = words.stream()
                .anyMatch(word -> word.startsWith("--can") || word.startsWith("--is") || word.startsWith("--ha"));
        return question ? ExitCode.FAILED : Command.super.usageExitCode(console, words);
    }
}
