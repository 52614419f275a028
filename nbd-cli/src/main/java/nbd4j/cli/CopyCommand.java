// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.copy.CopyListener;
import nbd4j.copy.CopyReport;
import nbd4j.copy.ParallelCopier;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;

/** {@code nbd copy}: copies a disk. A drop-in for nbdcopy. */
final class CopyCommand implements Command {
    @Override
    public Syntax syntax() {
        return new Syntax(
                "copy",
                "Copies a disk between NBD servers, files, devices and pipes, many requests at a time.",
                List.of(
                        "{} [OPTIONS] SOURCE DESTINATION",
                        "SOURCE, DESTINATION := - | FILE | DEVICE | NBD-URI | [ CMD ARGS ... ]",
                        "DESTINATION += null:"),
                List.of(
                        new Syntax.Example("{} nbd://example.com local.img", "From a server to a sparse file."),
                        new Syntax.Example(
                                "{} -p local.img nbd://example.com", "From a file to a server, with a progress bar."),
                        new Syntax.Example("{} nbd://server1/disk nbd://server2/disk", "From one server to another."),
                        new Syntax.Example("{} nbd://example.com - | file -", "To a pipe."),
                        new Syntax.Example(
                                "{} [ qemu-nbd -r -f qcow2 disk.qcow2 ] disk.img",
                                "From a qcow2 file, through a server started for it."),
                        new Syntax.Example(
                                "{} --blkhash nbd://example.com local.img",
                                "And print a digest of what was read, to compare with later."),
                        new Syntax.Example(
                                "{} nbd://example.com null:",
                                "Reads everything and forgets it, to see how fast that is.")),
                CopySettings.OPTIONS);
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException, IOException {
        HeadStart.begin(JvmSignals::prepare);
        List<Operand> operands = Operand.parse(arguments.operands());
        if (operands.size() != 2) {
            throw new UsageException(
                    "say what to copy and where to: SOURCE DESTINATION; got %d".formatted(operands.size()));
        }
        Operand from = operands.get(0);
        Operand to = operands.get(1);
        if (from instanceof Operand.Nothing) {
            throw new UsageException("null: keeps nothing, so it cannot be the source");
        }
        if (to instanceof Operand.Stream && console.environment().outTerminal()) {
            throw new UsageException("the destination is a terminal; nobody can read a disk there");
        }
        CopySettings settings = CopySettings.of(arguments);
        settings.hash().check(from, to);
        try (Progress progress = Progress.of(console, arguments);
                CopyEnd start = CopyEnd.open(from);
                CopyEnd end = CopyEnd.open(to)) {
            Endpoints.requireDifferent(start.location(), end.location());
            try (Source source = start.source(console, settings.ends());
                    Target target = end.target(console, settings.ends())) {
                return copy(console, arguments, settings, source, target, progress);
            }
        }
    }

    private static int copy(
            Console console,
            Arguments arguments,
            CopySettings settings,
            Source source,
            Target target,
            Progress progress)
            throws IOException {
        boolean verbose = arguments.has("--verbose");
        var copier = new ParallelCopier(source, target, settings.copy());
        if (verbose) {
            CopyWords.before(console, source, target, settings, copier.plan());
        }
        var signal = new AtomicInteger();
        console.environment().signals().handle(number -> {
            signal.set(number);
            copier.cancel();
        });
        boolean done = false;
        try {
            CopyReport report = copier.run(progress.listener());
            done = true;
            progress.end(copier, true);
            settings.hash().tell(console, report.hash());
            if (verbose) {
                CopyWords.after(console, report);
            }
            return ExitCode.DONE;
        } catch (CancellationException e) {
            throw new FailureException(
                    signal.get() == 0 ? ExitCode.FAILED : 128 + signal.get(),
                    switch (signal.get()) {
                                case Signals.INTERRUPT -> "stopped by SIGINT";
                                case Signals.TERMINATE -> "stopped by SIGTERM";
                                default -> "interrupted";
                            }
                            + afterwards(copier, target),
                    e);
        } catch (IOException e) {
            String incomplete = afterwards(copier, target);
            throw incomplete.isEmpty() ? e : new FailureException(ExitCode.FAILED, Main.message(e) + incomplete, e);
        } finally {
            if (!done) {
                progress.end(copier, false);
            }
        }
    }

    /** Returns what to add to the message of a copy that failed: a server or device cannot say so itself. */
    private static String afterwards(ParallelCopier copier, Target target) {
        return copier.begun() && target.keepsIncomplete() ? "; the destination is incomplete" : "";
    }

    /** The bar, the descriptor, or nothing. */
    private record Progress(
            CopyListener listener,
            @org.jspecify.annotations.Nullable CopyProgressBar bar,
            @org.jspecify.annotations.Nullable ProgressDescriptor descriptor)
            implements AutoCloseable {
        static Progress of(Console console, Arguments arguments) throws UsageException {
            if (!arguments.has("--progress")) {
                return new Progress(progress -> {}, null, null);
            }
            var number = arguments.value("--progress");
            if (number.isPresent()) {
                var descriptor = ProgressDescriptor.open(number.get(), console);
                descriptor.show(0);
                return new Progress(descriptor, null, descriptor);
            }
            var bar = new CopyProgressBar(console);
            return new Progress(bar, bar, null);
        }

        void end(ParallelCopier copier, boolean success) {
            if (bar != null) {
                bar.end(copier.progress(), success);
            }
            if (descriptor != null && success) {
                descriptor.show(100);
            }
        }

        @Override
        public void close() {
            if (descriptor != null) {
                descriptor.close();
            }
        }
    }
}
