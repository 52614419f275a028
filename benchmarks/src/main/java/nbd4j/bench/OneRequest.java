// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import nbd4j.client.ChannelThreads;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
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

/** One request at a time: the time of a round trip, and what it allocates ({@code -prof gc}). */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class OneRequest {
    private static final long SIZE = 64 << 20;

    /** Which server. */
    @Param({"embedded"})
    public String server = "embedded";

    /** How the server answers. */
    @Param({"simple", "structured", "extended"})
    public String reply = "structured";

    /** Who reads the socket. */
    @Param({"CALLERS", "OWN"})
    public ChannelThreads threads = ChannelThreads.CALLERS;

    private BenchServer running;
    private NbdConnection connection;
    private final ByteBuffer block = ByteBuffer.allocateDirect(4096);
    private long offset;

    /** Starts and connects. */
    @Setup
    public void connect() throws Exception {
        running = BenchServer.start(server, SIZE);
        connection = NbdClient.connect(
                running.uri(),
                ConnectOptions.defaults()
                        .withThreads(threads)
                        .withStructuredReplies(!reply.equals("simple"))
                        .withExtendedHeaders(reply.equals("extended")));
        // Memory that was never written is not read.
        ByteBuffer data = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0; at < SIZE; at += data.capacity()) {
            data.clear().put(0, (byte) 1);
            connection.write(at, data);
        }
    }

    /** Ends all. */
    @TearDown
    public void end() throws Exception {
        connection.close();
        running.close();
    }

    /** A read of 4 KiB. */
    @Benchmark
    public ByteBuffer read() throws Exception {
        connection.read(next(), block.clear());
        return block;
    }

    /** A write of 4 KiB. */
    @Benchmark
    public ByteBuffer write() throws Exception {
        connection.write(next(), block.clear());
        return block;
    }

    /** A zeroing of 4 KiB. */
    @Benchmark
    public void writeZeroes() throws Exception {
        connection.writeZeroes(next(), 4096, Set.of());
    }

    private long next() {
        offset = (offset + 4096 * 17) % SIZE;
        return offset;
    }
}
