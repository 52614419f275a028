// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher where Java is 21, which knows AppCDS and no AOT cache. */
@Needs.Launcher
@Needs.Trixie
final class LauncherOnJava21IT {
    @TempDir
    private Path folder;

    @Test
    void startsFromAnArchiveThatJava21Accepts() throws IOException, InterruptedException {
        var command = PackagedCommand.copyTo(folder.resolve("a place"));

        var first = run(command, "");
        // With -Xshare:on the JVM refuses to start where it cannot use the archive.
        var second = run(command, "-Xshare:on");

        assertThat(first.succeeded()).startsWith("nbd");
        assertThat(first.err()).isEmpty();
        assertThat(command.archives())
                .singleElement()
                .asString()
                .contains("/nbd-21.")
                .endsWith(".jsa");
        assertThat(second.succeeded()).isEqualTo(first.succeeded());
        assertThat(second.err()).isEmpty();
    }

    private static Tools.Result run(PackagedCommand command, String javaOptions)
            throws IOException, InterruptedException {
        var line = new ArrayList<>(LocalProcesses.trixie());
        line.addAll(List.of("env", "-i", "PATH=/usr/bin:/bin", "NBD_JAVA_OPTS=" + javaOptions));
        line.addAll(List.of(command.bin("nbd").toString(), "--version"));
        return Tools.run(line);
    }
}
