// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import nbd4j.it.Checkout;
import nbd4j.it.Tools;

/** A program that runs: the packaged command or a peer. Killed by {@link #close} if it still runs. */
final class Child implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Process process;
    private final Path out;
    private final Path err;

    private Child(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Returns the words that start the command, with {@code nbdcopy}, {@code nbd} or another name. */
    static List<String> words(String name, String... arguments) {
        List<String> words = new ArrayList<>(List.of(Checkout.launcher(name).toString()));
        words.addAll(List.of(arguments));
        return words;
    }

    /** Runs {@code nbd copy} to its end. */
    static Tools.Result copy(String... arguments) throws IOException, InterruptedException {
        List<String> words = words("nbd", "copy");
        words.addAll(List.of(arguments));
        return Tools.run(words);
    }

    /** Starts {@code nbd copy}. */
    static Child startCopy(String... arguments) throws IOException {
        List<String> words = words("nbd", "copy");
        words.addAll(List.of(arguments));
        return start(new ProcessBuilder(words));
    }

    /** Starts a program with an empty standard input, unless the builder names another. */
    static Child start(ProcessBuilder builder) throws IOException {
        Path out = Files.createTempFile("nbd4j-it", ".out");
        Path err = Files.createTempFile("nbd4j-it", ".err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        return new Child(process, out, err);
    }

    long pid() {
        return process.pid();
    }

    boolean runs() {
        return process.isAlive();
    }

    /** Sends a signal such as INT. */
    void signal(String name) throws IOException, InterruptedException {
        Tools.run("kill", "-" + name, String.valueOf(process.pid())).succeeded();
    }

    /** Waits for a condition while the program runs; fails if it ends first. */
    void runsUntil(String what, BooleanSupplier condition) throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (process.waitFor(1, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("ended before: " + what + "; stderr: " + Files.readString(err, UTF_8));
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + LIMIT + ": " + what);
            }
        }
    }

    /** Waits for the end, at most so long. */
    Tools.Result ends(Duration limit) throws IOException, InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still runs after " + limit + "; stderr: " + Files.readString(err, UTF_8));
        }
        return new Tools.Result(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }

    Tools.Result ends() throws IOException, InterruptedException {
        return ends(LIMIT);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
    }
}
