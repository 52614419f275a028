// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * How a command is typed: what {@code --help} shows and what {@link OptionParser} accepts.
 *
 * @param command the word after {@code nbd}
 * @param summary one line
 * @param grammar the lines under "Usage", without the program's name in front of the first
 * @param examples worked examples, each a command line and what it does
 * @param options what it takes, in the order of the help; the options of every command are added
 */
record Syntax(String command, String summary, List<String> grammar, List<Example> examples, List<Option> options) {
    private static final List<Option> COMMON = List.of(
            Option.flag("Print this text.", "--help"),
            Option.flag("Print the version.", "-V", "--version"),
            Option.flag("", "--long-options"),
            Option.flag("", "--short-options"));

    /**
     * A worked example.
     *
     * @param line the command line after the program's name
     * @param meaning what it does
     */
    record Example(String line, String meaning) {}

    Syntax {
        grammar = List.copyOf(grammar);
        examples = List.copyOf(examples);
        var all = new ArrayList<>(options);
        all.addAll(COMMON);
        options = List.copyOf(all);
    }

    /**
     * Returns the text of {@code --help}: grammar, examples, options.
     *
     * @param program what the user types: {@code nbd copy} or {@code nbdcopy}
     */
    String help(String program) {
        var text = new StringBuilder(summary).append("\n\nUsage:\n");
        for (String line : grammar) {
            text.append("    ").append(line.replace("{}", program)).append('\n');
        }
        text.append("\nExamples:\n");
        for (Example example : examples) {
            text.append("    ").append(example.line().replace("{}", program)).append('\n');
            text.append("        ").append(example.meaning()).append('\n');
        }
        text.append("\nOptions:\n");
        for (Option option : options) {
            if (!option.help().isEmpty()) {
                text.append("    ").append(option.form()).append('\n');
                option.help()
                        .lines()
                        .forEach(line -> text.append("        ").append(line).append('\n'));
            }
        }
        return text.toString();
    }

    /** Returns the long names or the short ones, one a line, for shell completion. */
    String names(boolean longNames) {
        var text = new StringBuilder();
        for (Option option : options) {
            for (String name : option.names()) {
                if (name.startsWith("--") == longNames
                        && !name.equals("--long-options")
                        && !name.equals("--short-options")) {
                    text.append(name).append('\n');
                }
            }
        }
        return text.toString();
    }
}
