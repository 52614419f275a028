// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.copy.CopyOptions;
import nbd4j.copy.CopyReport;
import nbd4j.copy.ParallelCopier;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Whole copies between exports in memory, connections included. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 10)
public class WholeCopy {
    private static final int MIB = 1 << 20;

    /** 256 MiB of data; 64 GiB with a MiB of data in each GiB; 64 MiB whose reads take 5 ms. */
    @Param({"dense", "sparse", "latency"})
    public String disk = "dense";

    /** Which server, on both sides. */
    @Param({"embedded"})
    public String server = "embedded";

    private BenchServer source;
    private BenchServer target;

    /** Starts the servers and makes the disk. */
    @Setup
    public void start() throws Exception {
        long size = switch (disk) {
            case "dense" -> 256L * MIB;
            case "sparse" -> 65_536L * MIB;
            default -> 64L * MIB;
        };
        long step = disk.equals("sparse") ? 1024L * MIB : MIB;
        source = BenchServer.start(server, size, Duration.ofMillis(disk.equals("latency") ? 5 : 0), false);
        target = BenchServer.start(server, size);
        try (NbdConnection connection = NbdClient.connect(source.uri())) {
            ByteBuffer data = ByteBuffer.allocateDirect(MIB);
            for (int i = 0; i < MIB; i++) {
                data.put(i, (byte) (i % 251 + 1));
            }
            for (long at = 0; at < size; at += step) {
                connection.write(at, data.clear());
            }
        }
    }

    /** Ends the servers. */
    @TearDown
    public void end() throws Exception {
        source.close();
        target.close();
    }

    /** Copies. */
    @Benchmark
    public CopyReport copy() throws Exception {
        try (Source from = Endpoints.source(Location.parse(source.uri()), EndpointOptions.defaults());
                Target to = Endpoints.target(Location.parse(target.uri()), EndpointOptions.defaults())) {
            return new ParallelCopier(from, to, CopyOptions.defaults()).run();
        }
    }
}
