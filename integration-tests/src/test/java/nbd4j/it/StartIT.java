// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a copy must not do while it starts: docs/decisions/launcher.md, "What a start must not touch". */
@Needs.Launcher
@Needs.Nbdkit
final class StartIT {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"", "-U -"})
    void opensNoJarAndMakesNoCodeOfItsOwn(String socket) throws IOException, InterruptedException {
        var command = PackagedCommand.copyTo(folder.resolve("a place"));
        var copy = "'%s' copy \"$uri\" null:".formatted(command.bin("nbd"));
        serving(socket, copy).succeeded();

        var loaded = folder.resolve("loaded");
        var initialized = folder.resolve("initialized");
        var opened = folder.resolve("opened");
        serving(
                        socket,
                        "NBD_JAVA_OPTS='-Xlog:class+load=info:file=%s -Xlog:class+init=info:file=%s' "
                                        .formatted(loaded, initialized)
                                + "strace -f -qq -o '%s' -e trace=openat %s".formatted(opened, copy))
                .succeeded();

        assertThat(command.archives()).hasSize(1);
        assertThat(opened).content().contains(command.archives().getFirst().toString());
        assertThat(lines(opened)).noneMatch(line -> line.contains(".jar\""));
        assertThat(lines(loaded)).isNotEmpty().noneMatch(line -> line.contains("TypeSwitch"));
        assertThat(lines(initialized))
                .anyMatch(line -> line.contains("'nbd4j/cli/Main'"))
                .noneMatch(line -> line.contains("'java/math/BigDecimal'"))
                .as("System.exit looks for a logger")
                .noneMatch(line -> line.contains("'jdk/internal/logger/"));
    }

    private static List<String> lines(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.toList();
        }
    }

    private static Tools.Result serving(String socket, String command) throws IOException, InterruptedException {
        return Tools.run("sh", "-c", "exec nbdkit %s memory 1M --run \"$0\"".formatted(socket), command);
    }
}
