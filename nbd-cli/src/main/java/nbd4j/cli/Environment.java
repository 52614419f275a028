// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.Map;
import java.util.Properties;

/**
 * What a command knows of the place it runs in.
 *
 * @param name the name it was started under: {@code nbd}, {@code nbdcopy}, {@code nbdinfo} or {@code nbddump}
 * @param outTerminal whether standard output is a terminal
 * @param errTerminal whether standard error is a terminal
 * @param columns width of the terminal in characters
 * @param variables the environment variables
 * @param signals tells of SIGINT and SIGTERM
 */
record Environment(
        String name,
        boolean outTerminal,
        boolean errTerminal,
        int columns,
        Map<String, String> variables,
        Signals signals) {
    /** The width to assume where nothing tells it. */
    static final int DEFAULT_COLUMNS = 80;

    Environment {
        variables = Map.copyOf(variables);
    }

    /** Returns what the launcher tells by {@code -Dnbd4j.…}. */
    static Environment of(Properties properties, Map<String, String> variables) {
        return new Environment(
                properties.getProperty("nbd4j.name", "nbd"),
                Boolean.parseBoolean(properties.getProperty("nbd4j.stdout.tty")),
                Boolean.parseBoolean(properties.getProperty("nbd4j.stderr.tty")),
                columns(properties.getProperty("nbd4j.stderr.columns", "")),
                variables,
                new JvmSignals());
    }

    private static int columns(String text) {
        if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(each -> each >= '0' && each <= '9')) {
            return DEFAULT_COLUMNS;
        }
        int columns = Integer.parseInt(text);
        return columns == 0 ? DEFAULT_COLUMNS : columns;
    }
}
