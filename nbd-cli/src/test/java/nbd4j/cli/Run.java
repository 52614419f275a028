// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A command that was run to its end in this process: its exit code and what it printed. */
record Run(int exitCode, String out, String err) {
    /** Runs {@code nbd} with arguments, nothing on standard input and no terminal. */
    static Run nbd(String... args) {
        return as("nbd", args);
    }

    /** Runs the command under another of its names. */
    static Run as(String name, String... args) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var environment = new Environment(name, false, false, Environment.DEFAULT_COLUMNS, Map.of(), Signals.NONE);
        int exitCode = Main.run(new ByteArrayInputStream(new byte[0]), out, err, environment, args);
        return new Run(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
