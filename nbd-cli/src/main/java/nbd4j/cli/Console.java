// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Where a command reads, prints and complains. Any thread may print; a message to standard error is one write.
 *
 * @param program what the user typed to start the command: {@code nbd copy} or {@code nbdcopy}
 * @param in standard input
 * @param out standard output: results only
 * @param err standard error: everything else
 * @param environment the place it runs in
 */
record Console(String program, InputStream in, OutputStream out, OutputStream err, Environment environment) {
    /** Enough for a report of many exports in one write; larger output goes out in pieces of this size. */
    private static final int BUFFER = 64 << 10;

    /** Prints a result to standard output at once. */
    void print(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Returns standard output behind a buffer, for results of any size; the caller flushes it. */
    OutputStream buffered() {
        return new BufferedOutputStream(out, BUFFER);
    }

    /** Prints one line to standard error, with the program's name in front. */
    void message(String text) {
        raw(program + ": " + OneLine.of(text) + "\n");
    }

    /** Prints text to standard error as it is. A standard error that is closed is no reason to fail. */
    @SuppressWarnings("EmptyCatch") // there is nowhere left to say it
    void raw(String text) {
        try {
            err.write(text.getBytes(StandardCharsets.UTF_8));
            err.flush();
        } catch (IOException e) {
            // The results on standard output and the exit code still tell.
        }
    }
}
