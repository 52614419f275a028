// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of the machine: finds them and runs them to their end, bounded in time. */
public final class Tools {
    /** The longest any program may run; far more than any test needs. */
    static final Duration LIMIT = Duration.ofMinutes(2);

    /** What a program printed and how it ended. */
    public record Result(int exitCode, String out, String err) {
        /** Returns stdout without the last line end, or fails with everything the program said. */
        public String succeeded() {
            if (exitCode != 0) {
                throw new AssertionError("exit code " + exitCode + "\nstdout: " + out + "\nstderr: " + err);
            }
            return out.stripTrailing();
        }
    }

    private Tools() {}

    /** Finds a program on PATH, or in the folders of administrators' programs, which PATH may lack. */
    public static Optional<Path> find(String name) {
        var folders = Optional.ofNullable(System.getenv("PATH")).orElse("").split(":", -1);
        return Stream.concat(Arrays.stream(folders), Stream.of("/usr/sbin", "/sbin"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Runs a program with an empty stdin and waits for its end; kills it after {@link #LIMIT} and fails. */
    public static Result run(String... command) throws IOException, InterruptedException {
        return run(new ProcessBuilder(command));
    }

    /** As {@link #run(String...)}. */
    public static Result run(List<String> command) throws IOException, InterruptedException {
        return run(new ProcessBuilder(command));
    }

    /** As {@link #run(String...)}, for a prepared program, whose stdout and stderr are set here. */
    public static Result run(ProcessBuilder builder) throws IOException, InterruptedException {
        var out = Files.createTempFile("nbd4j-it", ".out");
        var err = Files.createTempFile("nbd4j-it", ".err");
        try {
            var process = builder.redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(builder.command() + " ran longer than " + LIMIT + "\nstderr: " + text(err));
            }
            return new Result(process.exitValue(), text(out), text(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), UTF_8);
    }
}
