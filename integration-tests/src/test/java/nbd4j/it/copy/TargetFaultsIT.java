// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

/** Targets that fail; rows of docs/fault-coverage.md by their names. */
@Needs.Nbdkit
@Needs.Launcher
final class TargetFaultsIT {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    private Path folder;

    private FaultBench bench() throws IOException, InterruptedException {
        return new FaultBench(SERVERS.provider(), folder).source("");
    }

    /** Returns the words of a target that is scripted line by line, with some of its functions replaced. */
    private static List<String> eval(FaultBench bench, String... functions) {
        String image = bench.image().toString();
        String seek = "seek=$(($4+" + FaultBench.GUARD + ")) oflag=seek_bytes conv=notrunc status=none iflag=fullblock";
        List<String> words = new ArrayList<>(List.of(
                "eval",
                "thread_model=echo parallel",
                "get_size=echo " + FaultBench.SIZE,
                "pread=dd if=" + image + " skip=$(($4+" + FaultBench.GUARD
                        + ")) count=$3 iflag=count_bytes,skip_bytes status=none",
                "can_write=exit 0"));
        if (List.of(functions).stream().noneMatch(word -> word.startsWith("pwrite="))) {
            words.add("pwrite=dd of=" + image + " bs=64K " + seek);
        }
        words.addAll(List.of(functions));
        return words;
    }

    @ParameterizedTest
    @CsvSource({
        "F-D01, --filter=error error=ENOSPC error-pwrite-rate=100% error-zero-rate=100%, ENOSPC",
        "F-D02, full 32M, ENOSPC",
        // nozero, since nbdkit 1.32 crashes when zeroes meet the protected range.
        "F-D08, --filter=nozero --filter=protect protect=16777216-17825791, EPERM",
    })
    void fd01_fd02_fd08_givesUpAtOnceWhereTryingAgainIsInVain(String id, String words, String error)
            throws IOException, InterruptedException {
        try (FaultBench bench = bench().target(words)) {
            FaultOutcome outcome = bench.copy("--retry-for=60s");

            NbdkitLog log = NbdkitLog.read(bench.targetLog());
            assertThat(log.has("(Write|Zero) .*return=-1 error=" + error))
                    .as(id)
                    .isTrue();
            assertThat(log.requests("Write").stream()
                            .collect(Collectors.groupingBy(NbdkitLog.Request::offset, Collectors.counting()))
                            .values())
                    .as("writes of one range")
                    .allMatch(count -> count == 1);
            assertThat(log.requests("Flush")).as("a flush would call it good").isEmpty();
            assertThat(outcome.elapsed()).isLessThan(Duration.ofSeconds(20));
            outcome.failedHalfway("target: ", error);
        }
    }

    @Test
    void fd03_writesAgainWhatFailedOnce() throws IOException, InterruptedException {
        FaultBench bench = bench();
        String once = "if mkdir " + folder.resolve("once")
                + " 2>/dev/null; then cat >/dev/null; echo EIO injected once >&2; exit 1; fi; ";
        String write = "dd of=" + bench.image() + " bs=64K seek=$(($4+" + FaultBench.GUARD
                + ")) oflag=seek_bytes conv=notrunc status=none iflag=fullblock";
        try (bench) {
            bench.target(eval(bench, "pwrite=" + once + write, "can_flush=exit 0", "flush=exit 0"));
            FaultOutcome outcome = bench.copy("-v").retried();

            assertThat(NbdkitLog.read(bench.targetLog()).count("return=-1")).isEqualTo(1);
            outcome.copied();
        }
    }

    @Test
    void fd03_givesUpWritingWhereItFailsAlways() throws IOException, InterruptedException {
        try (FaultBench bench = bench().target("--filter=error error=EIO error-pwrite-rate=100%")) {
            FaultOutcome outcome = bench.copy("--retry-for=1s");

            assertThat(NbdkitLog.read(bench.targetLog()).has("Write .*return=-1 error=EIO"))
                    .isTrue();
            assertThat(outcome.elapsed()).isLessThan(Duration.ofSeconds(20));
            outcome.failedHalfway("target: write of", "EIO");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F-D04, --filter=error error-zero-rate=100%, Zero .*return=-1",
        "F-D05, --filter=nozero, Connect .*zero=0",
        "F-D06, --filter=nozero zeromode=notrim, Connect .*zero=2",
        "F-D06, --filter=nozero zeromode=emulate fastzeromode=slow, Connect .*zero=1 .*fast_zero=1",
        "F-D14, --filter=fua, Connect .*fua=0",
        "F-D15, --filter=cache cache=writeback, Connect ",
        "F-D17, --filter=multi-conn multi-conn-mode=disable, Connect ",
    })
    void fd04_to_fd17_makesTheCopyDurableWhateverTheTargetLacks(String id, String words, String evidence)
            throws IOException, InterruptedException {
        try (FaultBench bench = bench().target(words)) {
            FaultOutcome outcome = bench.copy("-v");

            NbdkitLog log = NbdkitLog.read(bench.targetLog());
            assertThat(log.has(evidence)).as(id).isTrue();
            assertThat(log.requests("Flush")).isNotEmpty();
            if (id.equals("F-D17")) {
                assertThat(log.count(" Connect export=")).isEqualTo(1);
            }
            if (id.equals("F-D04")) {
                outcome.warned("writing these zeroes as data");
            }
            // Ends the server as a crash does, before the disk is looked at.
            outcome.copied();
        }
    }

    @Test
    void fd07_neverTrims() throws IOException, InterruptedException {
        try (FaultBench bench = bench().target("--filter=error error-trim-rate=100%")) {
            FaultOutcome outcome = bench.copy("-v");

            assertThat(NbdkitLog.read(bench.targetLog()).has("Connect .*trim=1"))
                    .isTrue();
            assertThat(NbdkitLog.read(bench.targetLog()).requests("Trim")).isEmpty();
            outcome.copied();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F-D09, -r, is read-only",
        "F-D10, --filter=truncate truncate=16M, 'holds 16777216 bytes, but the source has 33554432'",
    })
    void fd09_fd10_refusesWhatDoesNotFitBeforeItReadsOrWrites(String id, String words, String message)
            throws IOException, InterruptedException {
        try (FaultBench bench = bench().target(words)) {
            FaultOutcome outcome = bench.copy();

            assertThat(NbdkitLog.read(bench.sourceLog()).requests("Read"))
                    .as(id)
                    .isEmpty();
            outcome.failedBefore("target: ", message);
        }
    }

    @Test
    void fd11_leavesTheTailOfALargerTargetAndSaysSo() throws IOException, InterruptedException {
        try (FaultBench bench = bench().target("memory 40M")) {
            FaultOutcome outcome = bench.copy("-v");

            assertThat(outcome.result().exitCode()).isZero();
            outcome.warned("larger than the source; its last 8388608 bytes stay as they are");
            NbdkitLog log = NbdkitLog.read(bench.targetLog());
            assertThat(log.requests("Write")).isNotEmpty().allMatch(it -> it.end() <= FaultBench.SIZE);
            assertThat(log.requests("Zero")).allMatch(it -> it.end() <= FaultBench.SIZE);
        }
    }

    @Test
    void fd12_takesAFailedFlushAsFinal() throws IOException, InterruptedException {
        FaultBench bench = bench();
        try (bench) {
            bench.target(eval(bench, "can_flush=exit 0", "flush=echo EIO flush failed >&2; exit 1"));
            FaultOutcome outcome = bench.copy("--retry-for=60s");

            assertThat(NbdkitLog.read(bench.targetLog()).requests("Flush")).hasSize(1);
            assertThat(outcome.elapsed()).isLessThan(Duration.ofSeconds(20));
            outcome.failedHalfway("target: flush", "EIO");
        }
    }

    @Test
    void fd12_doesNotFlushWhereToldNotTo() throws IOException, InterruptedException {
        FaultBench bench = bench();
        try (bench) {
            bench.target(eval(bench, "can_flush=exit 0", "flush=echo EIO flush failed >&2; exit 1"));
            FaultOutcome outcome = bench.copy("-v", "--no-flush");

            assertThat(NbdkitLog.read(bench.targetLog()).requests("Flush")).isEmpty();
            assertThat(outcome.result().exitCode()).isZero();
            assertThat(outcome.counts().durable()).isEqualTo("not flushed");
        }
    }

    @Test
    void fd13_saysThatATargetCannotFlush() throws IOException, InterruptedException {
        FaultBench bench = bench();
        try (bench) {
            bench.target(eval(bench, "can_flush=exit 3"));
            FaultOutcome outcome = bench.copy("-v").warned("cannot flush; what was copied may not survive");

            assertThat(NbdkitLog.read(bench.targetLog()).has("Connect .*flush=0"))
                    .isTrue();
            assertThat(outcome.counts().durable()).isEqualTo("not flushed");
            outcome.copiedWithoutFlush();
        }
    }

    @Test
    void fd18_noticesOneByteThatDiffers() throws IOException, InterruptedException {
        FaultBench bench = bench();
        Path other = folder.resolve("other.img");
        try (bench) {
            Files.copy(bench.golden(), other);
            bench.target("--filter=checkwrite file " + other);
            FaultOutcome same = bench.copy("-v");
            assertThat(same.result().exitCode()).as(same.result().err()).isZero();

            byte[] bytes = Files.readAllBytes(other);
            bytes[bytes.length - 1] ^= 1;
            Files.write(other, bytes);
            bench.copy("--retry-for=0").failedHalfway("target: write of", "EIO");
        }
    }

    @Test
    void fd19_cannotSeeThatTheTargetThrowsDataAway() throws IOException, InterruptedException {
        try (FaultBench bench = bench().target("--filter=cow")) {
            FaultOutcome outcome = bench.copy("-v");

            assertThat(outcome.result().exitCode()).as(outcome.result().err()).isZero();
            assertThat(NbdkitLog.read(bench.targetLog()).breachesOfFlushing()).isEmpty();
            bench.killServers();
            outcome.requireGuards();
            assertThat(outcome.targetIsUntouched()).isTrue();
        }
    }

    @Test
    void fd20_holdsBackAFastSource() throws IOException, InterruptedException {
        FaultBench bench = new FaultBench(SERVERS.provider(), folder)
                .source("pattern 256M")
                .target("--filter=delay memory 256M wdelay=50ms");
        try (bench;
                Child child = Child.startCopy(
                        "-v",
                        "--max-memory=8M",
                        bench.sourceServer().uri().toString(),
                        bench.targetServer().uri().toString())) {
            var peak = new PeakMemory(child.pid());
            child.runsUntil("half of it is written", () -> {
                peak.look();
                return writes(bench) > 128;
            });
            assertThat(peak.mebibytes()).isLessThan(256);
            assertThat(inFlight(bench)).as("bytes read and not yet written").isLessThanOrEqualTo(8 << 20);
            assertThat(child.ends().exitCode()).isZero();
        }
    }

    private static long writes(FaultBench bench) {
        try {
            return NbdkitLog.read(bench.targetLog()).count("...Write");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Returns the most bytes that were read before they were written; the source is looked at first. */
    private static long inFlight(FaultBench bench) throws IOException {
        long read = NbdkitLog.read(bench.sourceLog()).count("...Read");
        long written = NbdkitLog.read(bench.targetLog()).count("...Write");
        return Math.max(0, read - written) << 20;
    }
}
