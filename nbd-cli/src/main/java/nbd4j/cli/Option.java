// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;

/**
 * One option that a command takes, under all its names.
 *
 * @param names as typed, with their dashes; the first long one is the name that the program asks for
 * @param argument whether a value follows
 * @param metavar what to call the value in the help; empty without one
 * @param help one or more lines, without an indent; empty for an alias that the help leaves out
 */
record Option(List<String> names, Argument argument, String metavar, String help) {
    /** Whether a value follows the name. */
    enum Argument {
        NONE,
        /** {@code --name=VALUE}, {@code --name VALUE}, {@code -n VALUE} or {@code -nVALUE}. */
        REQUIRED,
        /** {@code --name} or {@code --name=VALUE}; the next word is never taken for the value. */
        OPTIONAL
    }

    Option {
        names = List.copyOf(names);
    }

    static Option flag(String help, String... names) {
        return new Option(List.of(names), Argument.NONE, "", help);
    }

    static Option value(String metavar, String help, String... names) {
        return new Option(List.of(names), Argument.REQUIRED, metavar, help);
    }

    static Option optional(String metavar, String help, String... names) {
        return new Option(List.of(names), Argument.OPTIONAL, metavar, help);
    }

    /** Returns the name that the program asks for: the first long one. */
    String key() {
        for (String name : names) {
            if (name.startsWith("--")) {
                return name;
            }
        }
        return names.get(0);
    }

    /** Returns how to type it: {@code -C N, --connections=N}. */
    String form() {
        var form = new StringBuilder();
        for (String name : names) {
            if (!form.isEmpty()) {
                form.append(", ");
            }
            form.append(name);
            switch (argument) {
                case NONE -> {}
                case REQUIRED -> form.append(name.startsWith("--") ? "=" : " ").append(metavar);
                case OPTIONAL -> form.append(name.startsWith("--") ? "[=" + metavar + "]" : "");
            }
        }
        return form.toString();
    }
}
