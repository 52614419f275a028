// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import nbd4j.it.LocalProcesses;
import nbd4j.it.Needs;
import nbd4j.it.Servers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sources that fail; rows of docs/fault-coverage.md by their names. */
@Needs.Nbdkit
@Needs.Launcher
final class SourceFaultsIT {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    private Path folder;

    private FaultBench bench() throws IOException, InterruptedException {
        return new FaultBench(SERVERS.provider(), folder).target("");
    }

    @ParameterizedTest
    @CsvSource({"EIO, true", "ENOMEM, true", "ESHUTDOWN, true", "EPERM, false", "EINVAL, false", "ENOSPC, false"})
    void fs01_fs06_repeatsOnlyWhatMayPassAndGivesUp(String error, boolean repeats)
            throws IOException, InterruptedException {
        try (FaultBench bench = bench().source("--filter=error error-pread-rate=100% error=" + error)) {
            FaultOutcome outcome = bench.copy("--retry-for=1s");

            NbdkitLog log = NbdkitLog.read(bench.sourceLog());
            assertThat(log.has("\\.\\.\\.Read .*return=-1")).isTrue();
            long mostOften = log.requests("Read").stream()
                    .collect(Collectors.groupingBy(NbdkitLog.Request::offset, Collectors.counting()))
                    .values()
                    .stream()
                    .max(Long::compare)
                    .orElseThrow();
            assertThat(mostOften > 1)
                    .as("%s was read %d times", error, mostOften)
                    .isEqualTo(repeats);
            assertThat(outcome.elapsed()).isLessThan(Duration.ofSeconds(10));
            // After ESHUTDOWN the connection sends nothing more, and that may be what is told.
            String told = error.equals("ESHUTDOWN") ? "SHUTDOWN|the server is shutting down" : error;
            assertThat(outcome.result().err()).containsPattern(told);
            outcome.failed("source: read of");
        }
    }

    @Test
    void fs02_namesTheRangeThatCannotBeRead() throws IOException, InterruptedException {
        Files.writeString(
                folder.resolve("map"),
                "0x00000000 ? 1\n0x00000000 0x01100000 +\n0x01100000 0x00100000 -\n0x01200000 0x10000000 +\n");
        try (FaultBench bench = bench().source("--filter=ddrescue ddrescue-mapfile=@/map")) {
            String message =
                    bench.copy("--retry-for=0", "--no-extents").result().err();

            assertThat(message).contains("EIO").containsPattern("read of \\d+ bytes at 1(7[89]|8[0-8])\\d{5} ");
            assertThat(NbdkitLog.read(bench.sourceLog()).has("Read .*return=-1"))
                    .isTrue();
        }
    }

    @Test
    void fs03_readsAgainWhatFailedOnce() throws IOException, InterruptedException {
        FaultBench bench = bench();
        String golden = bench.golden().toString();
        String once = "if [ $4 -le 16777216 ] && [ $(($4+$3)) -gt 16777216 ] && mkdir " + folder.resolve("once")
                + " 2>/dev/null; then echo EIO injected once >&2; exit 1; fi; ";
        try (bench) {
            bench.source(List.of(
                    "eval",
                    "thread_model=echo parallel",
                    "get_size=stat -Lc %s " + golden,
                    "pread=" + once + "dd if=" + golden
                            + " skip=$4 count=$3 iflag=count_bytes,skip_bytes status=none"));
            FaultOutcome outcome = bench.copy("-v").retried();

            assertThat(NbdkitLog.read(bench.sourceLog()).count("return=-1")).isEqualTo(1);
            outcome.copied();
        }
    }

    @Test
    void fs04_outlastsAWindowOfErrors() throws IOException, InterruptedException {
        Path inject = Files.createFile(folder.resolve("inject"));
        try (FaultBench bench = bench().source("--filter=error error-pread-rate=100% error-pread-file=@/inject");
                Child child = Child.startCopy(
                        "-v",
                        "--retry-for=60s",
                        bench.sourceServer().uri().toString(),
                        bench.targetServer().uri().toString())) {
            child.runsUntil("several reads failed", () -> failedReads(bench) >= 40);
            Files.delete(inject);

            new FaultOutcome(bench, child.ends(), Duration.ZERO).retried().copied();
        }
    }

    private static long failedReads(FaultBench bench) {
        try {
            return NbdkitLog.read(bench.sourceLog()).count("return=-1 error=EIO");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void fs05_seesNothingOfErrorsThatTheServerHides() throws IOException, InterruptedException {
        try (FaultBench bench = bench().source(
                        "--filter=retry-request --filter=error error-pread-rate=20% retry-request-delay=1 "
                                + "retry-request-retries=5")) {
            FaultOutcome outcome = bench.copy("-v");

            assertThat(bench.sourceServer().log()).contains("injecting EIO error into pread");
            outcome.copied();
        }
    }

    @ParameterizedTest
    @CsvSource({"F-S07, 100%", "F-S08, 50%"})
    void fs07_fs08_readsWhatBlockStatusDoesNotTell(String id, String rate) throws IOException, InterruptedException {
        try (FaultBench bench = bench().source("--filter=error error-extents-rate=" + rate)) {
            FaultOutcome outcome = bench.copy("-v");

            boolean fired = NbdkitLog.read(bench.sourceLog()).has("Extents .*return=-1");
            if (fired) {
                outcome.warned("block status failed");
                assertThat(outcome.counts().read()).isEqualTo(FaultBench.SIZE);
            }
            // Half of the questions about so small a disk is none in half of the runs; NbdCopyTest has every second.
            assertThat(fired || id.equals("F-S08")).isTrue();
            outcome.copied();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F-S09, --filter=delay delay-extents=1, 1000",
        "F-S12, --filter=delay rdelay=100ms, 100",
        "F-S13, --filter=rate rate=64M, 1000",
    })
    void fs09_fs12_fs13_waitsForASlowSource(String id, String words, long least)
            throws IOException, InterruptedException {
        try (FaultBench bench = bench().source(words)) {
            FaultOutcome outcome = bench.copy("-v");

            assertThat(outcome.elapsed()).as(id).isBetween(Duration.ofMillis(least), Duration.ofSeconds(20));
            outcome.copied();
        }
    }

    @Test
    void fs10_readsPastExtentsThatLieWhereToldTo() throws IOException, InterruptedException {
        Files.writeString(folder.resolve("lie"), "0 33554432 hole,zero\n");
        try (FaultBench bench = bench().source("--filter=extentlist extentlist=@/lie")) {
            FaultOutcome trusting = bench.copy("-v");
            assertThat(trusting.counts().read()).isZero();
            try (FileChannel image = FileChannel.open(bench.image(), StandardOpenOption.READ)) {
                var all = image.map(FileChannel.MapMode.READ_ONLY, FaultBench.GUARD, FaultBench.SIZE);
                assertThat(all.mismatch(java.nio.ByteBuffer.allocate(FaultBench.SIZE)))
                        .as("the lie is believed")
                        .isEqualTo(-1);
            }

            bench.copy("-v", "--no-extents").copied();
        }
    }

    @Test
    void fs11_readsHolesThatAreNotCalledZero() throws IOException, InterruptedException {
        Files.writeString(folder.resolve("holes"), "0 8388608 hole\n8388608 25165824 \n");
        try (FaultBench bench = bench().source("--filter=extentlist extentlist=@/holes")) {
            FaultOutcome outcome = bench.copy("-v");

            assertThat(outcome.counts().read()).isEqualTo(FaultBench.SIZE);
            outcome.copied();
        }
    }

    @Test
    void fs14_failsWhenTheSourceShrinks() throws IOException, InterruptedException {
        try (FaultBench bench = bench().source("--filter=delay rdelay=300ms");
                Child child = Child.startCopy(
                        "--retry-for=1s",
                        "--no-extents",
                        bench.sourceServer().uri().toString(),
                        bench.targetServer().uri().toString())) {
            child.runsUntil("a read is in flight", () -> {
                try {
                    return NbdkitLog.read(bench.sourceLog()).has(" Read ");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            try (FileChannel file = FileChannel.open(bench.golden(), StandardOpenOption.WRITE)) {
                file.truncate(65_536);
            }

            new FaultOutcome(bench, child.ends(), Duration.ZERO).failed("source: read of", "EIO");
        }
    }
}
