// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;

/** One word after {@code nbd}. */
interface Command {
    /** Returns how it is typed. */
    Syntax syntax();

    /**
     * Does it.
     *
     * @return the exit code, one of {@link ExitCode}
     * @throws UsageException if the arguments make no sense; nothing has been done then
     * @throws IOException if it failed
     */
    int run(Console console, Arguments arguments) throws UsageException, IOException;

    /** Returns the exit code for wrong usage. {@code info --can} needs 2 for "no". */
    default int usageExitCode(Console console, List<String> words) {
        return console.environment().name().equals("nbd") ? ExitCode.USAGE : ExitCode.FAILED;
    }
}
