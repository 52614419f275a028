// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Needs.Launcher
final class LauncherIT {
    /** Prints its arguments, one a line, in the place of Java. */
    private static final String ECHO = "printf '%s\\n' \"$@\"";

    @TempDir
    private Path folder;

    private PackagedCommand command;

    @BeforeEach
    void copyTheCommand() throws IOException {
        command = PackagedCommand.copyTo(folder.resolve("a place with spaces"));
    }

    @Test
    void startsThroughSymlinksFromAnotherFolder() throws IOException, InterruptedException {
        var near = Files.createSymbolicLink(folder.resolve("near"), Path.of("a place with spaces/bin/nbd"));
        var far = Files.createSymbolicLink(folder.resolve("far"), near.toAbsolutePath());

        var result = Tools.run(new ProcessBuilder(far.toString(), "--version")
                .directory(Path.of("/").toFile()));

        assertThat(result.succeeded()).startsWith("nbd4j ");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void startsByARelativePath() throws IOException, InterruptedException {
        var inBin = new ProcessBuilder("sh", "nbd", "--version")
                .directory(folder.resolve("a place with spaces/bin").toFile());

        assertThat(Tools.run(inBin).succeeded()).startsWith("nbd4j ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbdcopy", "nbdinfo", "nbddump"})
    void tellsTheCommandUnderWhichNameItWasStarted(String name) throws IOException, InterruptedException {
        var link = Files.createSymbolicLink(folder.resolve(name), command.bin("nbd"));

        assertThat(javaArguments("25.0.1", command.bin(name), "x")).contains("-Dnbd4j.name=" + name);
        assertThat(javaArguments("25.0.1", link, "x")).contains("-Dnbd4j.name=" + name);
        assertThat(javaArguments("25.0.1", command.bin("nbd"), "x")).contains("-Dnbd4j.name=nbd");
    }

    @Test
    void passesArgumentsAsTheyAre() throws IOException, InterruptedException {
        var arguments = javaArguments("25.0.1", command.bin("nbd"), "copy", "a b", "", "$HOME", "*", "--", "-x");

        assertThat(arguments)
                .containsSubsequence(
                        "-cp", command.jar().toString(), "nbd4j.cli.Main", "copy", "a b", "", "$HOME", "*", "--", "-x");
    }

    @ParameterizedTest
    @CsvSource({
        "nbd, info, true",
        "nbd, --version, true",
        "nbdinfo, nbd://h, true",
        "nbd, copy, true",
        "nbdcopy, a, true",
        "nbdcopy, nbds://h, false",
        "nbdcopy, --blkhash, false",
        "nbd, bench, false",
        "nbd, serve, false"
    })
    void optimizesWhereCodeAndNotTheKernelDoesTheWork(String name, String argument, boolean quick)
            throws IOException, InterruptedException {
        assertThat(javaArguments("25.0.1", command.bin(name), argument).contains("-XX:TieredStopAtLevel=1"))
                .isEqualTo(quick);
    }

    @Test
    void putsTheUsersOptionsLast() throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command.bin("nbd").toString(), "x");
        builder.environment().put("JAVA_HOME", jdk("25.0.1", ECHO).toString());
        builder.environment().put("NBD_JAVA_OPTS", "-Xmx1g -Da=b");

        assertThat(Tools.run(builder).succeeded().lines())
                .containsSequence("-Xmx1g", "-Da=b", "-cp", command.jar().toString(), "nbd4j.cli.Main", "x");
    }

    @ParameterizedTest
    @CsvSource({
        ", glibc.malloc.hugetlb=1",
        "glibc.malloc.check=3, glibc.malloc.check=3:glibc.malloc.hugetlb=1",
        "glibc.malloc.check=3:glibc.malloc.hugetlb=0, glibc.malloc.check=3:glibc.malloc.hugetlb=0"
    })
    void asksForLargePagesUnlessTheUserDoesNotWantThem(@Nullable String tunables, String expected)
            throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command.bin("nbd").toString(), "x");
        builder.environment()
                .put("JAVA_HOME", jdk("25.0.1", "echo \"$GLIBC_TUNABLES\"").toString());
        if (tunables != null) {
            builder.environment().put("GLIBC_TUNABLES", tunables);
        }

        assertThat(Tools.run(builder).succeeded()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"21.0.4, -XX:SharedArchiveFile", "24, -XX:SharedArchiveFile", "25.0.1, -XX:AOTCache"})
    void usesTheArchiveThatTheJavaVersionKnows(String version, String option) throws IOException, InterruptedException {
        var makes = "for each; do case $each in *AtExit=* | *Output=*) echo x >\"${each#*=}\"; esac; done; " + ECHO;

        var builder = new ProcessBuilder(command.bin("nbd").toString(), "x");
        builder.environment().put("JAVA_HOME", jdk(version, makes).toString());

        assertThat(Tools.run(builder).succeeded().lines())
                .anyMatch(line -> line.startsWith(option + "=" + command.target()));
    }

    @Test
    void goesPastAJavaThatIsTooOld() throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command.bin("nbd").toString(), "--version");
        builder.environment()
                .put("JAVA_HOME", jdk("17.0.9", "echo the old java; exit 9").toString());

        assertThat(Tools.run(builder).succeeded()).startsWith("nbd4j ");
    }

    @Test
    void saysWhatToInstallWhereThereIsNoJava() throws IOException, InterruptedException {
        var hidden = "mount -t tmpfs none /usr/lib/jvm && exec \"$0\" --version";
        var builder = new ProcessBuilder(
                "unshare",
                "--mount",
                "--map-root-user",
                "sh",
                "-c",
                hidden,
                command.bin("nbd").toString());
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        builder.environment().put("HOME", folder.toString());

        var result = Tools.run(builder);

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("needs Java 21 or later", "openjdk-21-jdk-headless", "JAVA_HOME");
    }

    @Test
    void returnsTheExitCodeOfTheCommand() throws IOException, InterruptedException {
        assertThat(Tools.run(command.bin("nbd").toString(), "--no-such-option").exitCode())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130"})
    void passesSignalsToTheJavaProcess(String signal, int exitCode) throws IOException, InterruptedException {
        var waits = "case $* in *AOTCacheOutput*) exit 0; esac; echo ready; exec sleep 60";
        var builder = new ProcessBuilder(command.bin("nbd").toString(), "x");
        builder.environment().put("JAVA_HOME", jdk("25.0.1", waits).toString());
        var process = builder.start();
        try (var out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("ready");

            Tools.run("kill", "-" + signal, String.valueOf(process.pid())).succeeded();

            assertThat(process.waitFor(20, SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(exitCode);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void makesAnArchiveOnceAndAgainWhenAJarIsNewer() throws IOException, InterruptedException {
        run("--version");
        var archive = onlyArchive();
        var first = Files.readAttributes(archive, "unix:ino,lastModifiedTime");
        run("--version");
        assertThat(Files.readAttributes(onlyArchive(), "unix:ino,lastModifiedTime"))
                .isEqualTo(first);

        try (var jars = Files.list(command.target().resolve("lib"))) {
            Files.setLastModifiedTime(
                    jars.findFirst().orElseThrow(), FileTime.from(Instant.now().plusSeconds(1)));
        }
        run("--version");

        assertThat(Files.readAttributes(onlyArchive(), "unix:ino,lastModifiedTime"))
                .isNotEqualTo(first);
    }

    @Test
    void startsWithADamagedArchiveAndKeepsStdoutClean() throws IOException, InterruptedException {
        run("--version");
        var archive = onlyArchive();
        var modified = Files.getLastModifiedTime(archive);
        Files.write(archive, List.of("damaged"));
        Files.setLastModifiedTime(archive, modified);

        var result = run("--version");

        assertThat(result.succeeded()).startsWith("nbd4j ").hasLineCount(1);
        assertThat(result.err()).isEmpty();
    }

    @Test
    void startsWithoutAnArchiveWhereItCannotWrite() throws IOException, InterruptedException {
        Tools.run("chmod", "-R", "a+rX", folder.toString()).succeeded();
        Tools.run("chmod", "a-w", command.target().toString()).succeeded();
        var root = "root".equals(System.getProperty("user.name"));
        var line = root
                ? List.of(
                        "setpriv",
                        "--reuid=65534",
                        "--regid=65534",
                        "--clear-groups",
                        command.bin("nbd").toString(),
                        "--version")
                : List.of(command.bin("nbd").toString(), "--version");

        var result = Tools.run(line);

        assertThat(result.succeeded()).startsWith("nbd4j ");
        assertThat(result.err()).isEmpty();
        assertThat(command.archives()).isEmpty();
    }

    private Tools.Result run(String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(command.bin("nbd").toString()));
        line.addAll(List.of(arguments));
        return Tools.run(line);
    }

    private Path onlyArchive() throws IOException {
        assertThat(command.archives()).hasSize(1);
        return command.archives().getFirst();
    }

    private Path jdk(String version, String script) throws IOException {
        return PackagedCommand.jdk(folder.resolve("jdk-" + version), version, script);
    }

    private List<String> javaArguments(String version, Path launcher, String... arguments)
            throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(launcher.toString()));
        line.addAll(List.of(arguments));
        var builder = new ProcessBuilder(line);
        builder.environment().put("JAVA_HOME", jdk(version, ECHO).toString());
        return Tools.run(builder).succeeded().lines().toList();
    }
}
