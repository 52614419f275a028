// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
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

/** TLS: a handshake, and requests one at a time. {@link Pipelined} does many at a time with {@code -p tls=true}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Encrypted {
    private static final long SIZE = 16 << 20;
    private static final ConnectOptions OPTIONS = ConnectOptions.defaults().withLocalFilesFromUri(true);

    /** Which server. */
    @Param({"embedded"})
    public String server = "embedded";

    private BenchServer running;
    private NbdConnection connection;
    private final ByteBuffer small = ByteBuffer.allocateDirect(4096);
    private final ByteBuffer large = ByteBuffer.allocateDirect(256 << 10);
    private long offset;

    /** Starts and connects. */
    @Setup
    public void connect() throws Exception {
        running = BenchServer.start(server, SIZE, Duration.ZERO, true);
        connection = NbdClient.connect(running.uri(), OPTIONS);
        for (long at = 0; at < SIZE; at += large.capacity()) {
            connection.write(at, large.clear().put(0, (byte) 1));
        }
    }

    /** Ends all. */
    @TearDown
    public void end() throws Exception {
        connection.close();
        running.close();
    }

    /** A connection with its handshake, and its end. */
    @Benchmark
    public long handshake() throws Exception {
        try (NbdConnection another = NbdClient.connect(running.uri(), OPTIONS)) {
            return another.export().size();
        }
    }

    /** A read of 4 KiB. */
    @Benchmark
    public ByteBuffer readSmall() throws Exception {
        connection.read(next(), small.clear());
        return small;
    }

    /** A read of 256 KiB. */
    @Benchmark
    public ByteBuffer readLarge() throws Exception {
        connection.read(next(), large.clear());
        return large;
    }

    /** A write of 256 KiB. */
    @Benchmark
    public ByteBuffer writeLarge() throws Exception {
        connection.write(next(), large.clear());
        return large;
    }

    private long next() {
        offset = (offset + 17L * large.capacity()) % SIZE;
        return offset;
    }
}
