// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nbd4j.it.ServerCommand.Listen;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The main job as a user does it: {@code bin/nbd copy} from a real server, and what it says when that fails. */
@Needs.Nbdkit
final class CopyCommandIT {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    static Path commandFolder;

    private static PackagedCommand command;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        command = PackagedCommand.copyTo(commandFolder);
    }

    private static Tools.Result copy(String... arguments) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(command.bin("nbd").toString(), "copy"));
        words.addAll(List.of(arguments));
        return Tools.run(words);
    }

    private static RunningServer nbdkit(Listen listen, String... words) throws IOException, InterruptedException {
        return SERVERS.provider().start(ServerCommand.nbdkit(words), listen);
    }

    private static String uri(RunningServer server) {
        return server.uri().toString();
    }

    @ParameterizedTest
    @CsvSource({
        "pattern 67108865, UNIX",
        "pattern 67108865, TCP",
        "pattern 513, UNIX",
        "pattern 511, TCP",
        "pattern 1, UNIX",
        "pattern 0, UNIX",
        "sparse-random 256M seed=7, UNIX",
        "sparse-random 256M seed=7, TCP",
        "memory 64M, UNIX",
    })
    @Needs.Libnbd
    void copiesToAFileToAServerAndToNothing(String plugin, Listen listen) throws IOException, InterruptedException {
        Path reference = folder.resolve("reference");
        Path file = folder.resolve("file");
        Path served = folder.resolve("served");
        try (var source = nbdkit(listen, plugin.split(" ", -1))) {
            Tools.run("nbdcopy", uri(source), reference.toString()).succeeded();
            byte[] dirt = new byte[1 << 16];
            Arrays.fill(dirt, (byte) 0xff);
            Files.write(served, dirt);
            Tools.run("truncate", "-s", String.valueOf(Files.size(reference)), served.toString())
                    .succeeded();
            try (var target = nbdkit(listen, "file", served.toString())) {
                copy(uri(source), file.toString()).succeeded();
                copy(uri(source), uri(target)).succeeded();
                copy(uri(source), "null:").succeeded();
            }
        }
        assertThat(Files.mismatch(reference, file)).isEqualTo(-1);
        assertThat(Files.mismatch(reference, served)).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({"disable, 1", "auto, 4"})
    void usesSeveralConnectionsOnlyWhereTheServerAllowsThem(String mode, int connections)
            throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        try (var source = nbdkit(
                Listen.UNIX,
                "--filter=log",
                "--filter=multi-conn",
                "pattern",
                "256M",
                "multi-conn-mode=" + mode,
                "logfile=" + log)) {
            copy(uri(source), "null:").succeeded();
        }
        try (var lines = Files.lines(log)) {
            assertThat(lines.filter(line -> line.contains(" Connect ")).count()).isEqualTo(connections);
        }
    }

    private void assertOneLine(Tools.Result result, String message) throws IOException {
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines().filter(line -> !line.startsWith("nbd copy: warning: ")))
                .singleElement()
                .asString()
                .startsWith("nbd copy: ")
                .contains(message);
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void saysThatNobodyListens() throws IOException, InterruptedException {
        Path socket = SERVERS.provider().directory().resolve("nobody.sock");

        assertOneLine(
                copy("nbd+unix:///?socket=" + socket, folder.resolve("disk").toString()), "no such file");
        assertOneLine(copy("nbd://127.0.0.1:1/", folder.resolve("disk").toString()), "connection refused");
    }

    @Test
    void saysThatThereIsNoSuchExport() throws IOException, InterruptedException {
        try (var source = nbdkit(
                Listen.UNIX,
                "--filter=exportname",
                "memory",
                "1M",
                "exportname=a",
                "exportname-list=explicit",
                "exportname-strict=true")) {
            assertOneLine(
                    copy(source.uri("nope").toString(), folder.resolve("disk").toString()), "'nope'");
        }
    }

    @Test
    void saysThatTheServerWentAway() throws IOException, InterruptedException {
        try (var source = nbdkit(Listen.UNIX, "--filter=delay", "pattern", "1G", "rdelay=20ms")) {
            Thread killer = Thread.startVirtualThread(() -> {
                while (!Files.exists(folder.resolve("disk.partial"))) {
                    Thread.onSpinWait();
                }
                source.kill();
            });
            assertOneLine(
                    copy("--retry-for=1s", uri(source), folder.resolve("disk").toString()), "source: ");
            killer.join();
        }
    }

    @Test
    void saysThatTheDiskIsFull() throws IOException, InterruptedException {
        Path mount = Files.createDirectory(commandFolder.resolve("mount"));
        try (var source = nbdkit(Listen.UNIX, "pattern", "64M")) {
            var result = Tools.run(
                    "unshare",
                    "-m",
                    "sh",
                    "-c",
                    "mount -t tmpfs -o size=8m none \"$1\" && \"$2\" copy \"$3\" \"$1/disk\"; code=$?; ls -A \"$1\"; exit $code",
                    "sh",
                    mount.toString(),
                    command.bin("nbd").toString(),
                    uri(source));

            assertOneLine(result, "No space left on device");
        }
    }
}
