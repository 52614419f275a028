// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import nbd4j.it.LocalProcesses;
import nbd4j.it.Needs;
import nbd4j.it.RunningServer;
import nbd4j.it.ServerCommand;
import nbd4j.it.ServerCommand.Listen;
import nbd4j.it.Servers;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers on both ends that lack something or have it in an odd way; rows of docs/fault-coverage.md by their names. */
@Needs.Launcher
final class CapabilitiesIT {
    private static final String POLICY = "--filter=blocksize-policy blocksize-error-policy=error ";

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "F-N01, --filter=noextents, Connect .*extents=0",
        "F-N02, --no-sr, Connect ",
        "F-N03, -o, Connect ",
        "F-N04, --mask-handshake=0, Connect ",
        "F-N04, --mask-handshake=1, Connect ",
        "F-N05, --filter=multi-conn multi-conn-mode=disable, Connect ",
        "F-N06, --filter=nozero --filter=fua --filter=nocache, Connect .*zero=0 .*fua=0 .*cache=0",
    })
    @Needs.Nbdkit
    void fn01_to_fn06_copiesWithoutWhatTheServersLack(String id, String words, String evidence)
            throws IOException, InterruptedException {
        // As an oldstyle server nbdkit 1.32 offers zeroes and flushes, and refuses them.
        String target = id.equals("F-N03") ? "" : words;
        try (FaultBench bench =
                new FaultBench(SERVERS.provider(), folder).source(words).target(target)) {
            FaultOutcome outcome = bench.copy("-v");

            NbdkitLog log = NbdkitLog.read(bench.sourceLog());
            assertThat(log.has(evidence)).as("%s of the source", id).isTrue();
            assertThat(target.isEmpty() || NbdkitLog.read(bench.targetLog()).has(evidence))
                    .as("%s of the target", id)
                    .isTrue();
            boolean extents = !log.requests("Extents").isEmpty();
            switch (id) {
                case "F-N01", "F-N02", "F-N03" -> {
                    assertThat(extents).isFalse();
                    assertThat(outcome.counts().read()).isEqualTo(FaultBench.SIZE);
                    assertThat(outcome.counts().zeroed())
                            .as("found in what was read")
                            .isPositive();
                }
                case "F-N05" -> assertThat(log.count(" Connect export=")).isEqualTo(1);
                default -> assertThat(log.count(" Connect export=")).isGreaterThan(1);
            }
            outcome.copied();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F-N07, 4096, 4096, 65536",
        "F-N08, 65536, 1M, 32M",
        "F-N08, 4096, 4096, 4096",
        "F-N08, 512, 32M, 32M",
        "F-N11, 4096, 4096, 32M",
    })
    @Needs.Nbdkit
    void fn07_fn08_fn11_obeysBlockSizesThatAreEnforced(String id, String minimum, String preferred, String maximum)
            throws IOException, InterruptedException {
        String words = POLICY + "blocksize-minimum=" + minimum + " blocksize-preferred=" + preferred
                + " blocksize-maximum=" + maximum;
        for (boolean both : new boolean[] {false, true}) {
            Path place = Files.createDirectory(folder.resolve("both-" + both));
            try (FaultBench bench = new FaultBench(SERVERS.provider(), place)
                    .source(both ? words : "")
                    .target(words)) {
                FaultOutcome outcome = bench.copy("-v");

                NbdkitLog log = NbdkitLog.read(bench.targetLog());
                assertThat(log.has("Connect .*minsize=0x[1-9a-f]")).as(id).isTrue();
                assertThat(log.has("return=-1"))
                        .as("a request that the policy refused")
                        .isFalse();
                outcome.copied();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-t -e 1", "-t -e 2", "-t -e 8", ""})
    @Needs.Qemu
    void fn17_takesTheConnectionsThatQemuGives(String words) throws IOException, InterruptedException {
        Path golden = Disks.golden(folder.resolve("golden.img"), FaultBench.SIZE);
        Path file = folder.resolve("copy.img");
        Path served = Disks.guarded(folder.resolve("served.img"), 0, 0, FaultBench.SIZE, 0xff);
        try (RunningServer source = qemu(words, "-r", golden);
                RunningServer target = qemu(words.contains("-t") ? words : "-t", "-f", served)) {
            var there = Child.copy(source.uri().toString(), target.uri().toString());
            assertThat(there.exitCode()).as(there.err()).isZero();
            Child.copy(target.uri().toString(), file.toString()).succeeded();
        }
        assertThat(Files.mismatch(golden, served)).isEqualTo(-1);
        assertThat(Files.mismatch(golden, file)).isEqualTo(-1);
    }

    private static RunningServer qemu(String words, String option, Path image)
            throws IOException, InterruptedException {
        String line = (words + " -f raw " + (option.equals("-f") ? "" : option) + " " + image).trim();
        return SERVERS.provider().start(ServerCommand.qemuNbd(line.split(" +")), Listen.UNIX);
    }
}
