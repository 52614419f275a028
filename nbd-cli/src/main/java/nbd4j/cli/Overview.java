// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;

/** {@code nbd} without a command, or with one that does not exist. */
final class Overview implements Command {
    @Override
    public Syntax syntax() {
        var examples = Commands.NAMES.stream()
                .map(name -> new Syntax.Example(
                        "{} " + name, Commands.of(name).syntax().summary()))
                .toList();
        return new Syntax(
                "",
                "Copies, inspects and serves NBD exports. No native code, no kernel device, no server needed to try it.",
                List.of("{} COMMAND [OPTIONS] [ARGUMENTS]", "{} COMMAND --help"),
                examples,
                List.of());
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException {
        String known = String.join(", ", Commands.NAMES);
        if (arguments.operands().isEmpty()) {
            throw new UsageException("say what to do: " + known);
        }
        String typed = arguments.operands().get(0);
        String nearest = Nearest.to(typed, Commands.NAMES);
        throw new UsageException("there is no command '%s'; %s"
                .formatted(
                        OneLine.of(typed),
                        nearest.isEmpty() ? "there are: " + known : "did you mean " + nearest + "?"));
    }
}
