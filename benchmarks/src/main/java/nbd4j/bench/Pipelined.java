// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import nbd4j.client.ChannelThreads;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Many requests in flight, from virtual threads, over one or several connections. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Pipelined {
    private static final long SIZE = 256 << 20;
    /** Requests of one invocation, so many that starting the threads does not show. */
    private static final int REQUESTS = 2048;

    /** Which server. */
    @Param({"embedded"})
    public String server = "embedded";

    /** Requests in flight on each connection. */
    @Param({"1", "16", "64"})
    public int depth = 16;

    /** Bytes of a request. */
    @Param({"4096", "65536", "262144", "1048576"})
    public int size = 4096;

    /** How many connections. */
    @Param({"1", "2", "4", "8"})
    public int connections = 1;

    /** Whether connections are encrypted. */
    @Param({"false"})
    public boolean tls;

    /** Who reads the sockets. */
    @Param({"CALLERS"})
    public ChannelThreads threads = ChannelThreads.CALLERS;

    private BenchServer running;
    private final List<NbdConnection> open = new ArrayList<>();
    private final List<ByteBuffer> blocks = new ArrayList<>();

    /** Starts and connects. */
    @Setup
    public void connect() throws Exception {
        running = BenchServer.start(server, SIZE, Duration.ZERO, tls);
        for (int i = 0; i < connections; i++) {
            open.add(NbdClient.connect(
                    running.uri(),
                    ConnectOptions.defaults().withThreads(threads).withLocalFilesFromUri(true)));
        }
        ByteBuffer data = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0; at < SIZE; at += data.capacity()) {
            data.clear().put(0, (byte) 1);
            open.get(0).write(at, data);
        }
        for (int i = 0; i < depth * connections; i++) {
            blocks.add(ByteBuffer.allocateDirect(size));
        }
    }

    /** Ends all. */
    @TearDown
    public void end() throws Exception {
        open.forEach(NbdConnection::close);
        running.close();
    }

    /** Reads. */
    @Benchmark
    @OperationsPerInvocation(REQUESTS)
    public void read() throws Exception {
        run(NbdConnection::read);
    }

    /** Writes. */
    @Benchmark
    @OperationsPerInvocation(REQUESTS)
    public void write() throws Exception {
        run(NbdConnection::write);
    }

    private interface Work {
        void run(NbdConnection connection, long offset, ByteBuffer block) throws Exception;
    }

    private void run(Work work) throws Exception {
        var next = new AtomicInteger();
        var failure = new AtomicReference<Exception>();
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            NbdConnection connection = open.get(i % connections);
            ByteBuffer block = blocks.get(i);
            workers.add(Thread.startVirtualThread(() -> {
                try {
                    for (int request = next.getAndIncrement(); request < REQUESTS; request = next.getAndIncrement()) {
                        work.run(connection, request * 17L * size % (SIZE - size) / size * size, block.clear());
                    }
                } catch (Exception e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }
}
