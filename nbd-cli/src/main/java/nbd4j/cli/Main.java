// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Starts the {@code nbd} command. */
public final class Main {
    private Main() {}

    /**
     * Runs one command and ends the JVM with its exit code.
     *
     * @param args the arguments as typed
     */
    public static void main(String[] args) {
        System.exit(run(args, printing(System.out), printing(System.err)));
    }

    private static PrintWriter printing(PrintStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, stream.charset()), true);
    }

    /** Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage. */
    static int run(String[] args, PrintWriter out, PrintWriter err) {
        return new CommandLine(new Nbd()).setOut(out).setErr(err).execute(args);
    }

    /** The command without a subcommand: only {@code --help} and {@code --version}. */
    @Command(
            name = "nbd",
            description = "Copies, inspects and serves NBD exports.",
            mixinStandardHelpOptions = true,
            versionProvider = BuildVersion.class)
    private static final class Nbd implements Runnable {
        @Spec
        @SuppressWarnings("NullAway") // picocli sets it before run()
        private CommandSpec spec;

        @Override
        public void run() {
            throw new ParameterException(spec.commandLine(), "Say what to do.");
        }
    }
}
