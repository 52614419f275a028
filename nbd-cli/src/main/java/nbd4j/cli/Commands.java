// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;

/** The words that may stand after {@code nbd}. A command's classes are not loaded before it is asked for. */
final class Commands {
    /** In the order of the help. */
    static final List<String> NAMES = List.of("copy", "info", "dump", "serve", "demo", "bench", "completion");

    private Commands() {}

    /** Returns the command of a name that is one of {@link #NAMES}. */
    static Command of(String name) {
        return switch (name) {
            case "bench" -> new BenchCommand();
            case "completion" -> new CompletionCommand();
            case "copy" -> new CopyCommand();
            case "demo" -> new DemoCommand();
            case "dump" -> new DumpCommand();
            case "info" -> new InfoCommand();
            case "serve" -> new ServeCommand();
            default -> throw new IllegalArgumentException("no command " + name);
        };
    }
}
