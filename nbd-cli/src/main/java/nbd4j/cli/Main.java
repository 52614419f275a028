// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileSystemException;
import java.util.List;

/** Starts the {@code nbd} command, and {@code nbdcopy}, {@code nbdinfo} and {@code nbddump}, which are names for it. */
public final class Main {
    private Main() {}

    /**
     * Runs one command and ends the JVM with its exit code: at the return, if all went well, since {@code System.exit}
     * looks for a logger first, which takes 20 ms. No thread of ours keeps the JVM from ending.
     *
     * @param args the arguments as typed
     */
    public static void main(String[] args) {
        Lookups.answer();
        // Not System.out: a PrintStream hides that the disk is full.
        int code = run(
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                Environment.of(System.getProperties(), System.getenv()),
                args);
        if (code != ExitCode.DONE) {
            System.exit(code);
        }
    }

    /** Runs one command and returns its exit code, one of {@link ExitCode}. */
    static int run(InputStream in, OutputStream out, OutputStream err, Environment environment, String... args) {
        for (String word : args) {
            if (HeadStart.isUnix(word)) {
                HeadStart.begin(HeadStart::unixSockets);
                break;
            }
        }
        String name = environment.name();
        List<String> words = List.of(args);
        if (name.startsWith("nbd") && Commands.NAMES.contains(name.substring(3))) {
            var console = new Console(name, in, out, err, environment);
            return run(console, Commands.of(name.substring(3)), words);
        }
        if (!words.isEmpty() && Commands.NAMES.contains(words.get(0))) {
            var console = new Console("nbd " + words.get(0), in, out, err, environment);
            return run(console, Commands.of(words.get(0)), words.subList(1, words.size()));
        }
        return run(new Console("nbd", in, out, err, environment), new Overview(), words);
    }

    private static int run(Console console, Command command, List<String> words) {
        boolean verbose = false;
        try {
            Syntax syntax = command.syntax();
            Arguments arguments = OptionParser.parse(syntax.options(), words);
            if (arguments.has("--help")) {
                console.print(syntax.help(console.program()));
                return ExitCode.DONE;
            }
            if (arguments.has("--version")) {
                console.print(Version.text(console.environment().name()));
                return ExitCode.DONE;
            }
            if (arguments.has("--long-options") || arguments.has("--short-options")) {
                console.print(syntax.names(arguments.has("--long-options")));
                return ExitCode.DONE;
            }
            verbose = arguments.has("--verbose");
            StderrLogging.start(console, verbose);
            return command.run(console, arguments);
        } catch (UsageException e) {
            console.message(message(e));
            console.message("try: " + console.program() + " --help");
            return command.usageExitCode(console, words);
        } catch (IOException | RuntimeException e) {
            console.message(message(e));
            if (verbose) {
                console.raw(trace(e));
            }
            return e instanceof FailureException failure ? failure.exitCode() : ExitCode.FAILED;
        } catch (OutOfMemoryError e) {
            console.message("out of memory: %s (at most %d MiB of heap; NBD_JAVA_OPTS=-Xmx… changes it)"
                    .formatted(e.getMessage(), Runtime.getRuntime().maxMemory() >> 20));
            return ExitCode.FAILED;
        }
    }

    /** Returns what to tell the user of a failure, on one line. */
    static String message(Throwable failure) {
        String message = failure.getMessage();
        return switch (failure) {
            case UsageException e -> String.valueOf(message);
            case FileSystemException e -> FileMessage.of(e);
            case InterruptedIOException e -> "interrupted";
            case IOException e when message != null && !message.isBlank() -> message;
            case IllegalArgumentException e when message != null -> message;
            default -> "internal error: " + failure + "; please report it with the output of -v";
        };
    }

    private static String trace(Throwable failure) {
        var text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
