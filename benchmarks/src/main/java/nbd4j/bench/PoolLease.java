// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import nbd4j.model.Export;
import nbd4j.pool.Lease;
import nbd4j.pool.NbdPool;
import nbd4j.pool.PoolOptions;
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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Taking a connection from a pool of four and giving it back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PoolLease {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Which server. */
    @Param({"embedded"})
    public String server = "embedded";

    private BenchServer running;
    private NbdPool pool;

    /** Starts and connects. */
    @Setup
    public void open() throws Exception {
        running = BenchServer.start(server, 1 << 20);
        pool = NbdPool.open(running.uri(), PoolOptions.defaults().withConnections(4));
        pool.awaitConnections(4, LIMIT);
    }

    /** Ends all. */
    @TearDown
    public void end() throws Exception {
        pool.close();
        running.close();
    }

    /** One thread. */
    @Benchmark
    public Export alone() throws Exception {
        return lease();
    }

    /** Twice as many threads as connections. */
    @Benchmark
    @Threads(8)
    public Export crowded() throws Exception {
        return lease();
    }

    private Export lease() throws Exception {
        try (Lease lease = pool.lease(LIMIT)) {
            return lease.connection().export();
        }
    }
}
