// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class CompletionCommandTest {
    @Test
    void completesInBash() throws Exception {
        assertThat(complete("nbd", "comp")).containsExactly("completion");
        assertThat(complete("nbd", "completion", "--vers")).containsExactly("--version");
    }

    @Test
    void refusesArguments() {
        assertThat(Run.nbd("completion", "zsh")).isEqualTo(new Run(2, "", """
                nbd completion: completion takes no arguments, but 'zsh' was given
                nbd completion: try: nbd completion --help
                """));
    }

    /** Returns what bash offers for a line, whose last word is to be completed. */
    private static String[] complete(String... words) throws IOException {
        String script = Run.nbd("completion").out() + "\nCOMP_WORDS=(" + String.join(" ", words) + ")\nCOMP_CWORD="
                + (words.length - 1) + "\n_nbd4j\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
        Process bash = new ProcessBuilder("bash", "-c", script)
                .redirectErrorStream(true)
                .start();
        return new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toArray(String[]::new);
    }
}
