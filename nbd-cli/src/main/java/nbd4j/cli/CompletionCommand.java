// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;

/** {@code nbd completion}: prints what makes bash complete commands and options. */
final class CompletionCommand implements Command {
    @Override
    public Syntax syntax() {
        return new Syntax(
                "completion",
                "Prints a bash script that completes commands, options and file names.",
                List.of("{}"),
                List.of(
                        new Syntax.Example("source <({})", "Completion in this shell."),
                        new Syntax.Example(
                                "{} > ~/.local/share/bash-completion/completions/nbd",
                                "Completion in every new shell.")),
                List.of());
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException, IOException {
        if (!arguments.operands().isEmpty()) {
            throw new UsageException("completion takes no arguments, but '%s' was given"
                    .formatted(OneLine.of(arguments.operands().get(0))));
        }
        var script = new StringBuilder("""
                _nbd4j() {
                    local words command=${COMP_WORDS[0]##*/}
                    [ "$command" = nbd ] && command=${COMP_WORDS[1]} || command=${command#nbd}
                    case $command in
                """);
        for (String name : Commands.NAMES) {
            String options =
                    Commands.of(name).syntax().names(true).replace('\n', ' ').strip();
            script.append("        ")
                    .append(name)
                    .append(") words='")
                    .append(options)
                    .append("' ;;\n");
        }
        script.append("        *) words='--help --version' ;;\n    esac\n")
                .append("    [ \"$COMP_CWORD\" = 1 ] && [ \"${COMP_WORDS[0]##*/}\" = nbd ] && words='")
                .append(String.join(" ", Commands.NAMES))
                .append(" --help --version'\n")
                .append("    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n")
                .append("complete -o default -F _nbd4j nbd nbdcopy nbdinfo nbddump\n");
        console.print(script.toString());
        return ExitCode.DONE;
    }
}
