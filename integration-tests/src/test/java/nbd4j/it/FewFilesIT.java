// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** F-C20: processes that may open only a few files, and such that have one thread under all virtual ones. */
@Needs.Nbdkit
@Timeout(120)
final class FewFilesIT {
    private static final int SIZE = 8 << 20;
    private static final int FILES = 40;
    private static final int WISHED = 48;
    private static final Pattern RESULT = Pattern.compile(
            "live (\\d+) of (\\d+), warnings (\\d+), failed calls (\\d+), lost (\\d+), crc ([0-9a-f]{8}), (.*)");

    @TempDir
    Path directory;

    private final byte[] content = new byte[SIZE];
    private Path disk;

    @BeforeEach
    void makeDisk() throws IOException {
        new Random(20).nextBytes(content);
        disk = Files.write(directory.resolve("disk.img"), content);
    }

    private static List<String> limited(String... command) {
        var words = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + FILES + "; exec \"$@\"", "sh"));
        words.addAll(List.of(command));
        return words;
    }

    /** Only what the program needs: each jar takes a file. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> entry.matches(".*(test-classes|nbd-protocol|nbd-pool|slf4j|logback).*"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private Matcher read(List<String> javaOptions, String... arguments) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var words = new ArrayList<>(limited(java, "-cp", classPath()));
        words.addAll(javaOptions);
        words.add(ReadWithFewFiles.class.getName());
        try (var nbdkit = new RestartableNbdkit(directory)) {
            nbdkit.start("file", disk.toString());
            words.add(nbdkit.uri());
            words.addAll(List.of(arguments));

            Tools.Result result = Tools.run(words);

            Matcher said = RESULT.matcher(result.succeeded());
            assertThat(said.find()).as("%s", result).isTrue();
            return said;
        }
    }

    private void assertReadWithOneWarning(Matcher said, int wished) {
        assertThat(said.group(2)).isEqualTo(String.valueOf(wished));
        assertThat(said.group(3)).as("warnings").isEqualTo("1");
        assertThat(said.group(4)).as("failed calls").isEqualTo("0");
        assertThat(said.group(5)).as("lost connections").isEqualTo("0");
        var checksum = new CRC32();
        checksum.update(content);
        assertThat(said.group(6)).isEqualTo("%08x".formatted(checksum.getValue()));
    }

    /** The pool takes what it can, but leaves some to others. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-Xmx64m",
                "-Djdk.virtualThreadScheduler.parallelism=1 -Djdk.virtualThreadScheduler.maxPoolSize=1",
            })
    void fC20AsManyConnectionsAsTheLimitOfFilesAllowsAreUsedWithOneWarning(String options) throws Exception {
        Matcher said = read(List.of(options.split(" ", -1)), String.valueOf(WISHED), "100", "all");

        assertThat(Integer.parseInt(said.group(1))).as("live").isBetween(2, FILES - 16);
        assertThat(said.group(7)).contains("too many open files").contains("of " + FILES);
        assertReadWithOneWarning(said, WISHED);
    }

    /** The rest of the process took nearly all before; then the kernel says no. */
    @Test
    void fC20WhereNearlyNoFileIsLeftThePoolUsesTheConnectionsItGetsWithOneWarning() throws Exception {
        Matcher said = read(List.of(), "8", "30", "4");

        assertThat(Integer.parseInt(said.group(1))).as("live").isBetween(1, 4);
        assertThat(said.group(7)).contains("Too many open files");
        assertReadWithOneWarning(said, 8);
    }

    @Test
    @Needs.Launcher
    void fC20ACopyWithFewFilesEndsWellWithAWarning(@TempDir Path folder) throws Exception {
        PackagedCommand command = PackagedCommand.copyTo(folder);
        Path copy = directory.resolve("copy.img");
        try (var nbdkit = new RestartableNbdkit(directory)) {
            nbdkit.start("--filter=delay", "file", disk.toString(), "rdelay=20ms");

            Tools.Result result = Tools.run(limited(
                    command.bin("nbd").toString(),
                    "copy",
                    "--connections=" + WISHED,
                    "--requests=1",
                    "--request-size=65536",
                    nbdkit.uri(),
                    copy.toString()));

            result.succeeded();
            assertThat(result.err().lines())
                    .singleElement()
                    .asString()
                    .contains("of 48 connections")
                    .contains("too many open files");
        }
        assertThat(Files.mismatch(copy, disk)).isEqualTo(-1);
    }
}
