// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

final class MainTest {
    @Test
    void printsItsVersionToStandardOutput() {
        Run run = Run.nbd("--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("nbd4j ").endsWith(")\n");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void takesAnUnknownOptionForWrongUsage() {
        assertThat(Run.nbd("--verison")).isEqualTo(new Run(2, "", """
                nbd: unknown option --verison; did you mean --version?
                nbd: try: nbd --help
                """));
    }

    @Test
    void refusesACommandThatDoesNotExist() {
        Run run = Run.nbd("make-coffee");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("nbd: there is no command 'make-coffee'; ");
    }

    @Test
    void asksWhatToDo() {
        assertThat(Run.nbd().exitCode()).isEqualTo(2);
        assertThat(Run.nbd().err()).startsWith("nbd: say what to do: ");
    }

    @Test
    void printsHelpToStandardOutputOnRequest() {
        Run run = Run.nbd("--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("Usage:\n    nbd COMMAND [OPTIONS] [ARGUMENTS]\n");
        assertThat(run.out().indexOf("Usage:")).isLessThan(run.out().indexOf("Examples:"));
        assertThat(run.out().indexOf("Examples:")).isLessThan(run.out().indexOf("Options:"));
    }

    @Test
    void saysInWordsWhatTheJdkLeavesOut() {
        assertThat(Main.message(new NoSuchFileException("/no/such"))).isEqualTo("/no/such: no such file or directory");
        assertThat(Main.message(new AccessDeniedException("/root/x"))).isEqualTo("/root/x: permission denied");
        assertThat(Main.message(new FileSystemException("/x", null, "Is a directory")))
                .isEqualTo("/x: Is a directory");
        assertThat(Main.message(new IOException())).startsWith("internal error: java.io.IOException");
    }
}
