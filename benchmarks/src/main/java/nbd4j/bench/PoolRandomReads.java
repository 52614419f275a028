// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import nbd4j.pool.NbdPool;
import nbd4j.pool.PoolOptions;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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

/**
 * Reads of 4 KiB at random offsets through a pool, by 64 virtual threads, over 1 to 8 connections to an nbdkit of this
 * machine.
 *
 * <p>Two servers: {@code memory} answers at once, so the processors are the limit; {@code delayed} works on 4 requests
 * of each connection at a time and takes 1 ms for each, so its throughput grows with the connections.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Threads(64)
@Fork(value = 1, jvmArgsPrepend = "-Djmh.executor=VIRTUAL")
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 3)
public class PoolRandomReads {
    private static final int BLOCK = 4096;
    private static final long SIZE = 1L << 30;
    private static final long POLL_MILLIS = 5;
    private static final long POLLS = 2000;

    /** How many connections the pool has. */
    @Param({"1", "2", "4", "8"})
    public int connections;

    /** Whether nbdkit answers at once or after a while. */
    @Param({"memory", "delayed"})
    public String disk;

    private Path directory;
    private Process process;
    private NbdPool pool;

    /** Starts the server and opens the pool. */
    @Setup(Level.Trial)
    public void open() throws IOException, InterruptedException {
        directory = Files.createTempDirectory("nbd4j-bench");
        Path socket = directory.resolve("s");
        Path pid = directory.resolve("pid");
        var line = new ArrayList<>(List.of("nbdkit", "-f", "-P", pid.toString(), "-U", socket.toString()));
        line.addAll(
                disk.equals("memory")
                        ? List.of("memory", String.valueOf(SIZE))
                        : List.of("-t", "4", "--filter=delay", "memory", String.valueOf(SIZE), "rdelay=1ms"));
        process = new ProcessBuilder(line).inheritIO().start();
        for (int poll = 0; !Files.exists(pid); poll++) {
            if (poll > POLLS || process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IOException(line + " does not listen");
            }
        }
        pool = NbdPool.open(
                "nbd+unix:///?socket=" + socket, PoolOptions.defaults().withConnections(connections));
        if (!pool.awaitConnections(connections, Duration.ofSeconds(10))) {
            throw new IOException("not enough connections: " + pool.stats());
        }
    }

    /** Ends both. */
    @TearDown(Level.Trial)
    public void close() throws IOException, InterruptedException {
        pool.close();
        process.destroyForcibly().waitFor();
        for (String name : new String[] {"s", "pid"}) {
            Files.deleteIfExists(directory.resolve(name));
        }
        Files.delete(directory);
    }

    /** What one thread reads into. */
    @State(Scope.Thread)
    public static class Caller {
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(BLOCK);
    }

    /** One read. */
    @Benchmark
    public ByteBuffer read(Caller caller) throws IOException {
        long offset = ThreadLocalRandom.current().nextLong(SIZE / BLOCK) * BLOCK;
        pool.read(offset, caller.buffer.clear());
        return caller.buffer;
    }
}
