// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import nbd4j.copy.CopyOptions;
import nbd4j.copy.CopyReport;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Location;
import nbd4j.it.ServerCommand.Listen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Copies onto itself through nbdkit's checkwrite filter, which fails any byte that differs from what it has. */
@Needs.Nbdkit
final class CopyCheckwriteIT {
    private static final int SIZE = 24 << 20;
    /** nbdkit 1.32 has no extended headers; servers without flush, and all of this with extended headers: CopyShapesTest. */
    static final List<String> FILTERS = List.of(
            "--filter=checkwrite",
            "--filter=noextents --filter=checkwrite",
            "--no-sr --filter=checkwrite",
            "--filter=nozero --filter=checkwrite",
            "--filter=multi-conn --filter=checkwrite multi-conn-mode=disable");

    private static final int[] CONNECTIONS = {1, 4, 8};
    private static final int[] DEPTHS = {1, 16, 64};
    private static final int[] REQUESTS = {4 << 10, 64 << 10, 256 << 10, 4 << 20, 32 << 20};

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @ParameterizedTest
    @FieldSource("FILTERS")
    void writesEveryByteInEveryShape(String filters) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>();
        List<String> parameters = new ArrayList<>();
        for (String word : filters.split(" ", -1)) {
            (word.startsWith("-") ? words : parameters).add(word);
        }
        words.addAll(List.of("sparse-random", "size=" + SIZE, "seed=7", "percent=20", "random-content=true"));
        words.addAll(parameters);
        try (var server = SERVERS.provider().start(ServerCommand.nbdkit(words.toArray(String[]::new)), Listen.UNIX)) {
            for (int connections : CONNECTIONS) {
                for (int depth : DEPTHS) {
                    for (int request : REQUESTS) {
                        copyOntoItself(server, connections, depth, request);
                    }
                }
            }
        }
    }

    /** Every pair of a plugin, a filter, a request size, a depth and a number of connections, in 25 copies. */
    @Test
    void writesEveryByteFromEverySource() throws IOException, InterruptedException {
        Path disk = SERVERS.provider().directory().resolve("checked.img");
        byte[] bytes = new byte[SIZE];
        new Random(SIZE).nextBytes(bytes);
        Arrays.fill(bytes, 1 << 20, 9 << 20, (byte) 0);
        Files.write(disk, bytes);
        String[] plugins = {"memory " + SIZE, "file " + disk, "pattern " + SIZE};
        for (int request = 0; request < REQUESTS.length; request++) {
            for (int filter = 0; filter < FILTERS.size(); filter++) {
                String line =
                        FILTERS.get(filter).replace("checkwrite", "checkwrite " + plugins[(request + filter) % 3]);
                try (var server = SERVERS.provider().start(ServerCommand.nbdkit(line.split(" ", -1)), Listen.UNIX)) {
                    copyOntoItself(
                            server,
                            CONNECTIONS[(request + filter / 2) % 3],
                            DEPTHS[(request / 2 + filter) % 3],
                            REQUESTS[request]);
                }
            }
        }
    }

    private static void copyOntoItself(RunningServer server, int connections, int depth, int request)
            throws IOException {
        var ends = EndpointOptions.defaults().withConnections(connections).withRequests(depth);
        var options = CopyOptions.defaults().withRequestSize(request);
        CopyReport report = Copies.copy(Copies.at(server), Copies.at(server), options, ends);
        assertThat(report.progress().finished())
                .as("%d connections, depth %d, %d bytes", connections, depth, request)
                .isEqualTo(SIZE);
    }

    @Test
    void copiesOneTebibyteOfSparseData() throws IOException, InterruptedException {
        String[] disk = {"--filter=checkwrite", "sparse-random", "size=1T", "seed=3", "percent=0.005"};
        try (var server = SERVERS.provider().start(ServerCommand.nbdkit(disk), Listen.UNIX)) {
            CopyReport report = Copies.copy(Copies.at(server), Copies.at(server));

            assertThat(report.progress().finished()).isEqualTo(1L << 40);
            assertThat(report.progress().written()).isBetween(1L << 20, 1L << 30);
        }
    }

    @Test
    void asksForExtentsInParallel() throws IOException, InterruptedException {
        String[] disk = {"--filter=delay", "memory", "1T", "delay-extents=20ms"};
        try (var server = SERVERS.provider().start(ServerCommand.nbdkit(disk), Listen.UNIX)) {
            long began = System.nanoTime();
            CopyReport report = Copies.copy(Copies.at(server), new Location.Null());

            assertThat(report.progress().zeroed()).isEqualTo(1L << 40);
            assertThat(report.progress().read()).isZero();
            // One after the other, 1024 answers of 20 ms take more than 20 s.
            assertThat(System.nanoTime() - began).isLessThan(15_000_000_000L);
        }
    }

    @Test
    void neverHangsWhereTheTargetCannotZero() throws IOException, InterruptedException {
        String[] disk = {"sparse-random", "size=8M", "seed=4", "percent=30"};
        for (int run = 0; run < 50; run++) {
            try (var source = SERVERS.provider().start(ServerCommand.nbdkit(disk), Listen.UNIX);
                    var target = SERVERS.provider()
                            .start(ServerCommand.nbdkit("--filter=nozero", "memory", "8M"), Listen.UNIX)) {
                CopyReport there = Copies.copy(Copies.at(source), Copies.at(target));
                // The plugin fails every byte that is written back and differs.
                CopyReport back = Copies.copy(Copies.at(target), Copies.at(source));
                assertThat(there.size()).isEqualTo(back.size()).isEqualTo(8 << 20);
            }
        }
    }
}
