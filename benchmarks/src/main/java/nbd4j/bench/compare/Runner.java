// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs one program once and accounts for it, with the help of {@code /usr/bin/time}. */
public final class Runner implements AutoCloseable {
    private static final long LIMIT_SECONDS = 600;
    private static final Pattern IOPS = Pattern.compile("\"iops\"\\s*:\\s*([0-9.]+)");

    private final Path folder;
    private final Path timeFile;
    private final Path outputFile;

    /** Makes a folder for its notes. */
    public Runner() throws IOException {
        folder = Files.createTempDirectory("nbd-compare-run");
        timeFile = folder.resolve("time");
        outputFile = folder.resolve("output");
    }

    /** Runs a program; what it makes is removed first, and nothing waits to be written to disks when it starts. */
    public Sample run(Contender contender) throws IOException, InterruptedException {
        if (contender.makes().isPresent()) {
            Files.deleteIfExists(contender.makes().get());
        }
        await(new ProcessBuilder("sync").start(), "sync");
        List<String> command = new ArrayList<>(List.of("/usr/bin/time", "-f", "%U %S %M", "-o", timeFile.toString()));
        command.addAll(contender.command());
        var builder = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(outputFile.toFile());
        contender.javaHome().ifPresent(home -> builder.environment().put("JAVA_HOME", home.toString()));
        long begun = System.nanoTime();
        await(builder.start(), String.join(" ", contender.command()));
        double wall = (System.nanoTime() - begun) / 1e9;
        List<String> lines = Files.readAllLines(timeFile);
        String[] figures = lines.get(lines.size() - 1).split(" ", -1);
        return new Sample(
                wall,
                Double.parseDouble(figures[0]) + Double.parseDouble(figures[1]),
                Long.parseLong(figures[2]) / 1024.0,
                rate(Files.readString(outputFile, StandardCharsets.ISO_8859_1)));
    }

    private static void await(Process process, String command) throws IOException, InterruptedException {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("took more than %d s: %s".formatted(LIMIT_SECONDS, command));
        }
        if (process.exitValue() != 0) {
            throw new IOException("ended with exit code %d: %s".formatted(process.exitValue(), command));
        }
    }

    /** Returns the requests a second that fio or nbd bench print as JSON, 0 if there are none. */
    static double rate(String output) {
        Matcher matcher = IOPS.matcher(output);
        return matcher.find() ? Double.parseDouble(matcher.group(1)) : 0;
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(timeFile);
        Files.deleteIfExists(outputFile);
        Files.delete(folder);
    }
}
