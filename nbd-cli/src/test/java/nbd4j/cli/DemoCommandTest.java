// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DemoCommandTest {
    @Test
    void copiesItsSampleDiskAndSaysWhatItDid() {
        Run run = Run.nbd("demo");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .startsWith("Serving a sample disk of 1.0 GiB at nbd://127.0.0.1:")
                .contains("Copied and compared: identical.\n  1.0 GiB in ")
                .contains("  24.0 MiB read and written, 1000 MiB are holes and were not sent\n");
        assertThat(run.err()).contains("nbd demo: 100% 1.0 GiB of 1.0 GiB, ");
    }

    @Test
    void refusesArguments() {
        assertThat(Run.nbd("demo", "please")).isEqualTo(new Run(2, "", """
                nbd demo: demo takes no arguments, but 'please' was given
                nbd demo: try: nbd demo --help
                """));
    }
}
