// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import nbd4j.it.LocalProcesses;
import nbd4j.it.Needs;
import nbd4j.it.Servers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the packaged command sends, as nbdkit writes it down. */
@Needs.Nbdkit
@Needs.Launcher
final class CopyRequestsIT {
    private static final long GIB = 1L << 30;
    private static final long BLOCK = 32_768;
    /** One byte at 1 GiB - 1 and two around 4 GiB. */
    private static final List<String> DISK = List.of("data", "data=@1073741823 1 @4294967295 1 1", "size=" + 5 * GIB);

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @TempDir
    private Path folder;

    private FaultBench bench() throws IOException, InterruptedException {
        return new FaultBench(SERVERS.provider(), folder).source(DISK).target("memory 5G");
    }

    @Test
    void sendsExactlyTheBlocksThatHoldDataAndZeroesForTheRest() throws IOException, InterruptedException {
        try (FaultBench bench = bench()) {
            FaultOutcome outcome = bench.copy("-S", "0", "--request-size=32768");
            assertThat(outcome.result().exitCode()).as(outcome.result().err()).isZero();

            NbdkitLog source = NbdkitLog.read(bench.sourceLog());
            NbdkitLog target = NbdkitLog.read(bench.targetLog());
            List<Long> blocks = List.of(GIB - BLOCK, 4 * GIB - BLOCK, 4 * GIB);
            for (var requests : List.of(source.requests("Read"), target.requests("Write"))) {
                assertThat(requests).allMatch(request -> request.count() == BLOCK);
                assertThat(requests.stream().map(NbdkitLog.Request::offset))
                        .containsExactlyInAnyOrderElementsOf(blocks);
            }
            List<NbdkitLog.Request> zeroes = target.requests("Zero").stream()
                    .sorted(Comparator.comparingLong(NbdkitLog.Request::offset))
                    .toList();
            long covered = 0;
            for (NbdkitLog.Request zero : zeroes) {
                while (blocks.contains(covered)) {
                    covered += BLOCK;
                }
                assertThat(zero.offset()).isEqualTo(covered);
                covered = zero.end();
            }
            assertThat(covered).isEqualTo(5 * GIB);
            assertThat(zeroes).hasSizeLessThanOrEqualTo(8);
            assertThat(target.requests("Trim")).isEmpty();
            assertThat(target.requests("Flush")).hasSize(1);
        }
    }

    @Test
    void punchesNoHolesWhereTheTargetIsToBeAllocated() throws IOException, InterruptedException {
        try (FaultBench bench = bench()) {
            bench.copy("--allocated").result().succeeded();
            List<NbdkitLog.Request> zeroes = NbdkitLog.read(bench.targetLog()).requests("Zero");

            // NO_HOLE clear is what nbdkit calls trim.
            assertThat(zeroes).isNotEmpty().allMatch(request -> request.flags().contains("trim=0"));
        }
    }

    @Test
    void mayPunchHolesByDefault() throws IOException, InterruptedException {
        try (FaultBench bench = bench()) {
            bench.copy().result().succeeded();

            assertThat(NbdkitLog.read(bench.targetLog()).requests("Zero"))
                    .isNotEmpty()
                    .allMatch(request -> request.flags().contains("trim=1"));
        }
    }

    @Test
    void sendsNoZeroesWithoutExtentsAndSearch() throws IOException, InterruptedException {
        try (FaultBench bench =
                new FaultBench(SERVERS.provider(), folder).source("").target("")) {
            bench.copy("-v", "--no-extents", "-S", "0").copied();

            assertThat(NbdkitLog.read(bench.sourceLog()).requests("Extents")).isEmpty();
            NbdkitLog target = NbdkitLog.read(bench.targetLog());
            assertThat(target.requests("Zero")).isEmpty();
            assertThat(target.requests("Write").stream()
                            .mapToLong(NbdkitLog.Request::count)
                            .sum())
                    .isEqualTo(FaultBench.SIZE);
        }
    }

    @Test
    void writesNoZeroesToATargetThatIsSaidToBeZero() throws IOException, InterruptedException {
        try (FaultBench bench = bench()) {
            bench.copy("--destination-is-zero").result().succeeded();

            NbdkitLog target = NbdkitLog.read(bench.targetLog());
            assertThat(target.requests("Zero")).isEmpty();
            assertThat(target.requests("Write")).isNotEmpty();
        }
    }

    @Test
    void doesOneRequestAfterTheOtherWhereToldTo() throws IOException, InterruptedException {
        try (FaultBench bench =
                new FaultBench(SERVERS.provider(), folder).source("").target("")) {
            FaultOutcome outcome = bench.copy("-v", "--synchronous", "--request-size=1M");

            assertThat(mostReads(bench)).isEqualTo(1);
            assertThat(NbdkitLog.read(bench.sourceLog()).count(" Connect export="))
                    .isEqualTo(1);
            outcome.copied();
        }
    }

    @Test
    void limitsConnectionsAndRequestsToWhatIsAskedFor() throws IOException, InterruptedException {
        try (FaultBench bench = new FaultBench(SERVERS.provider(), folder)
                .source("--filter=delay pattern 64M rdelay=20ms")
                .target("memory 64M")) {
            bench.copy("-C", "2", "-R", "3").result().succeeded();

            assertThat(mostReads(bench)).isBetween(2, 6);
            assertThat(NbdkitLog.read(bench.sourceLog()).count(" Connect export="))
                    .isEqualTo(2);
        }
    }

    /** Returns how many reads were in flight at most. */
    private static int mostReads(FaultBench bench) throws IOException {
        int open = 0;
        int most = 0;
        for (String line : NbdkitLog.read(bench.sourceLog()).lines()) {
            if (line.contains(" ...Read ")) {
                open--;
            } else if (line.contains(" Read ")) {
                open++;
            }
            most = Math.max(most, open);
        }
        return most;
    }
}
