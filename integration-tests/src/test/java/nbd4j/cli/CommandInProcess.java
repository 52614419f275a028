// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Runs the command in this process, for comparisons that would otherwise start hundreds of JVMs. */
public final class CommandInProcess {
    private CommandInProcess() {}

    /**
     * What a command printed and how it ended.
     *
     * @param exitCode its exit code
     * @param out standard output
     * @param err standard error
     */
    public record Ended(int exitCode, String out, String err) {}

    /** Runs the command under a name such as {@code nbdinfo}, without a terminal. */
    public static Ended run(String name, List<String> arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var environment = new Environment(name, false, false, Environment.DEFAULT_COLUMNS, Map.of(), Signals.NONE);
        int exitCode = Main.run(
                new ByteArrayInputStream(new byte[0]), out, err, environment, arguments.toArray(String[]::new));
        return new Ended(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
