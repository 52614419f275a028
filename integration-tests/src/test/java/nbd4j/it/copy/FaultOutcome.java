// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nbd4j.it.Tools;

/**
 * How a copy of a {@link FaultBench} ended, and the invariants of docs/fault-coverage.md, by their numbers there.
 *
 * @param bench the disks and servers
 * @param result exit code and output
 * @param elapsed from start to end
 */
record FaultOutcome(FaultBench bench, Tools.Result result, Duration elapsed) {
    private static final String WARNING = "nbd copy: warning: ";
    private static final Pattern COUNTERS = Pattern.compile("copied .*: read (\\d+), written (\\d+), zeroed (\\d+), "
            + "skipped (\\d+) bytes; (\\d+) retries, (\\d+) reconnects; (.*)");

    /** What the copy says that it did, with {@code -v}. */
    record Counts(long read, long written, long zeroed, long skipped, long retries, long reconnects, String durable) {}

    /** Requires that the target holds the source for good, and that the source holds what it held. */
    void copied() throws IOException, InterruptedException {
        copiedWithoutFlush();
        assertThat(NbdkitLog.read(bench.targetLog()).breachesOfFlushing())
                .as("INV-3, INV-4")
                .isEmpty();
    }

    /** As {@link #copied}, where the target has no flush. */
    void copiedWithoutFlush() throws IOException, InterruptedException {
        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.out()).isEmpty();
        requireCountersAddUp();
        bench.requireServersUnharmed();
        requireNothingOutside(NbdkitLog.read(bench.targetLog()));
        bench.killServers();
        requireIdentical();
    }

    /** Requires a failure that is told in one line, by which end, and that leaves servers and guards alone. */
    void failed(String... parts) throws IOException, InterruptedException {
        assertThat(result.exitCode()).as("INV-2: %s", result).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        List<String> lines =
                result.err().lines().filter(line -> !line.startsWith(WARNING)).toList();
        assertThat(lines).as("INV-11: %s", result.err()).hasSize(1);
        assertThat(lines.getFirst())
                .as("INV-11")
                .matches("nbd copy: (source|target): .*")
                .contains(parts);
        bench.requireServersUnharmed();
        requireNothingOutside(NbdkitLog.read(bench.targetLog()));
        bench.killServers();
        requireGuards();
    }

    /** Requires a failure after which the target says of itself that it is incomplete. */
    void failedHalfway(String... parts) throws IOException, InterruptedException {
        failed(parts);
        assertThat(result.err()).as("INV-14").endsWith("; the destination is incomplete\n");
    }

    /** Requires a failure before the target was touched. */
    void failedBefore(String... parts) throws IOException, InterruptedException {
        failed(parts);
        assertThat(result.err()).as("INV-14").doesNotContain("incomplete");
        assertThat(targetIsUntouched()).isTrue();
        NbdkitLog log = NbdkitLog.read(bench.targetLog());
        assertThat(log.requests("Write")).isEmpty();
        assertThat(log.requests("Zero")).isEmpty();
    }

    /** Requires a warning. */
    FaultOutcome warned(String part) {
        assertThat(result.err().lines().filter(line -> line.startsWith(WARNING)))
                .anyMatch(line -> line.contains(part));
        return this;
    }

    /** Requires that something was repeated: the proof that the fault fired. */
    FaultOutcome retried() {
        assertThat(counts().retries()).as("INV-15").isPositive();
        return this;
    }

    /** Returns the counters that {@code -v} prints. */
    Counts counts() {
        Matcher found = COUNTERS.matcher(result.err());
        assertThat(found.find()).as("counters in %s", result.err()).isTrue();
        return new Counts(
                Long.parseLong(found.group(1)),
                Long.parseLong(found.group(2)),
                Long.parseLong(found.group(3)),
                Long.parseLong(found.group(4)),
                Long.parseLong(found.group(5)),
                Long.parseLong(found.group(6)),
                found.group(7));
    }

    private void requireCountersAddUp() {
        Counts counts = counts();
        assertThat(counts.written() + counts.zeroed() + counts.skipped())
                .as("INV-15")
                .isEqualTo(FaultBench.SIZE);
        assertThat(counts.read())
                .as("INV-15")
                .isGreaterThanOrEqualTo(counts.written())
                .isLessThanOrEqualTo(FaultBench.SIZE);
    }

    private static void requireNothingOutside(NbdkitLog log) {
        for (String command : List.of("Write", "Zero", "Trim")) {
            assertThat(log.requests(command)).as("INV-5").allMatch(request -> request.end() <= FaultBench.SIZE);
        }
    }

    private void requireIdentical() throws IOException {
        requireGuards();
        try (FileChannel golden = FileChannel.open(bench.golden(), StandardOpenOption.READ);
                FileChannel image = FileChannel.open(bench.image(), StandardOpenOption.READ)) {
            var expected = golden.map(FileChannel.MapMode.READ_ONLY, 0, golden.size());
            var found = image.map(FileChannel.MapMode.READ_ONLY, FaultBench.GUARD, FaultBench.SIZE);
            assertThat(expected.mismatch(found)).as("INV-1: first difference").isEqualTo(-1);
        }
    }

    /** Returns whether the target's disk is still full of what it was filled with. */
    boolean targetIsUntouched() throws IOException {
        try (FileChannel channel = FileChannel.open(bench.image(), StandardOpenOption.READ)) {
            return only(channel, FaultBench.GUARD, FaultBench.SIZE, 0xff);
        }
    }

    void requireGuards() throws IOException {
        Path image = bench.image();
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ)) {
            assertThat(channel.size()).as("INV-5").isEqualTo(FaultBench.SIZE + 2L * FaultBench.GUARD);
            requireOnly(channel, 0, FaultBench.GUARD, FaultBench.GUARD_BYTE);
            requireOnly(channel, FaultBench.GUARD + FaultBench.SIZE, FaultBench.GUARD, FaultBench.GUARD_BYTE);
        }
    }

    private static void requireOnly(FileChannel channel, long offset, int length, int value) throws IOException {
        assertThat(only(channel, offset, length, value))
                .as("INV-5: bytes from %d", offset)
                .isTrue();
    }

    private static boolean only(FileChannel channel, long offset, int length, int value) throws IOException {
        byte[] expected = new byte[length];
        Arrays.fill(expected, (byte) value);
        var found = channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
        return found.mismatch(ByteBuffer.wrap(expected)) == -1;
    }
}
