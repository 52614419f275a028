// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.server.Command;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long the requests are that a copy sends, seen from the source. */
@Timeout(60)
final class RequestSizeTest {
    private static final int SIZE = 8 << 20;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "0, disk.img, false, 1048576, as the options of the copy say; no limit is lower",
        "0, null:, true, 1048576, as the options of the copy say; no limit is lower",
        "262144, disk.img, true, 262144, as the options of the copy say; no limit is lower",
        "4194304, disk.img, true, 4194304, as the options of the copy say; no limit is lower",
        "131072, disk.img, true, 131072, as the options of the copy say; no limit is lower"
    })
    void followsTheUser(int wished, String target, boolean flush, int expected, String why) throws IOException {
        Location to = target.equals("null:") ? Location.parse(target) : new Location.File(folder.resolve(target));
        try (NbdServer server = server();
                Source from = Endpoints.source(Location.parse(server.uri().toString()), EndpointOptions.defaults());
                Target end = Endpoints.target(to, EndpointOptions.defaults())) {
            var copier = new ParallelCopier(
                    from, end, CopyOptions.defaults().withRequestSize(wished).withFlush(flush));
            assertThat(copier.plan().requestSize()).isEqualTo(new CopyPlan.Choice(expected, why));

            copier.run();

            assertThat(server.requestLog().requests(Command.READ))
                    .hasSize(SIZE / expected)
                    .extracting(LoggedRequest::length)
                    .containsOnly((long) expected);
        }
    }

    @Test
    void sendsLongRequestsWhereThatSuitsTheTargetAndTheEndsAreQuick() throws IOException {
        // Zeroes that are read but not written, so that no disk makes the ends slow; and three looks at the speed.
        MemoryStorage zeroes = MemoryStorage.of(192 << 20);
        try (NbdServer server = NbdServer.start(
                        ServerOptions.defaults().withExport(zeroes).withRequestLog(1000));
                Source from = Endpoints.source(Location.parse(server.uri().toString()), EndpointOptions.defaults());
                Target end =
                        Endpoints.target(new Location.File(folder.resolve("disk.img")), EndpointOptions.defaults())) {
            var copier = new ParallelCopier(from, end, CopyOptions.defaults().withExtents(false));
            assertThat(copier.plan().requestSize())
                    .isEqualTo(new CopyPlan.Choice(8 << 20, "as suits the target; no limit is lower"));

            copier.run();

            assertThat(server.requestLog().requests(Command.READ))
                    .extracting(LoggedRequest::length)
                    .contains(1L << 20, 8L << 20)
                    .containsOnly(1L << 20, 8L << 20);
        }
    }

    @ParameterizedTest
    @CsvSource({"67108864, 8388608", "67108863, 4194304", "16777216, 2097152", "8388608, 1048576", "524288, 524288"})
    void hasNoLongRequestsWhereTheMemoryHoldsFewOfThem(long memory, int expected) throws IOException {
        try (NbdServer server = server();
                Source from = Endpoints.source(Location.parse(server.uri().toString()), EndpointOptions.defaults());
                Target end =
                        Endpoints.target(new Location.File(folder.resolve("disk.img")), EndpointOptions.defaults())) {
            var copier = new ParallelCopier(from, end, CopyOptions.defaults().withMaximumMemory(memory));

            assertThat(copier.plan().requestSize().value()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 2048, 5000, 64 << 20})
    void refusesASizeThatNoRequestCanHave(int size) {
        assertThatThrownBy(() -> CopyOptions.defaults().withRequestSize(size))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("request size %d is neither 0 nor a power of two from 4096 to 33554432", size);
    }

    @Test
    void hasNoMoreRequestsInFlightThanTheDiskHas() throws IOException {
        try (NbdServer server = server();
                Source from = Endpoints.source(Location.parse(server.uri().toString()), EndpointOptions.defaults());
                Target end = Endpoints.target(Location.parse("null:"), EndpointOptions.defaults())) {
            var copier = new ParallelCopier(from, end, CopyOptions.defaults());

            assertThat(copier.plan().depth().value()).isEqualTo(SIZE / CopyOptions.USUAL_REQUEST);
        }
    }

    private static NbdServer server() throws IOException {
        var bytes = new byte[SIZE];
        Arrays.fill(bytes, (byte) 1);
        MemoryStorage disk = MemoryStorage.of(SIZE);
        disk.write(0, ByteBuffer.wrap(bytes));
        return NbdServer.start(ServerOptions.defaults().withExport(disk).withRequestLog(100));
    }
}
