// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.model.MetaContext;
import nbd4j.server.ExportOptions;
import nbd4j.server.Extent;
import nbd4j.server.Storage;
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

/** The map of a disk of 100 000 extents. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BlockStatuses {
    private static final int EXTENTS = 100_000;
    private static final int EXTENT = 4096;

    /** Which server; a real one serves a file with as many holes. */
    @Param({"embedded"})
    public String server = "embedded";

    /** 64-bit or 32-bit descriptors, where the server has both. */
    @Param({"true", "false"})
    public boolean extended = true;

    private BenchServer running;
    private NbdConnection connection;

    /** Starts and connects. */
    @Setup
    public void connect() throws Exception {
        running = server.equals("embedded")
                ? BenchServer.embedded(ExportOptions.of("", new Comb()))
                : BenchServer.ofFile(server, (long) EXTENTS * EXTENT, BlockStatuses::comb);
        connection = NbdClient.connect(running.uri(), ConnectOptions.defaults().withExtendedHeaders(extended));
    }

    /** Ends all. */
    @TearDown
    public void end() throws Exception {
        connection.close();
        running.close();
    }

    /** Asks for all of it. */
    @Benchmark
    public List<nbd4j.model.Extent> extents() throws Exception {
        List<nbd4j.model.Extent> extents = connection.extents(
                MetaContext.BASE_ALLOCATION, 0, connection.export().size());
        if (extents.size() != EXTENTS) {
            throw new IllegalStateException("%d extents instead of %d".formatted(extents.size(), EXTENTS));
        }
        return extents;
    }

    /** Makes a file whose blocks are data and holes in turn. */
    private static void comb(FileChannel file) throws IOException {
        ByteBuffer data = ByteBuffer.allocateDirect(EXTENT).put(0, (byte) 1);
        for (long i = 0; i < EXTENTS; i += 2) {
            file.write(data.clear(), i * EXTENT);
        }
    }

    /** Data and holes in turn. */
    private static final class Comb implements Storage {
        @Override
        public long size() {
            return (long) EXTENTS * EXTENT;
        }

        @Override
        public void read(long offset, ByteBuffer into) {
            into.position(into.limit());
        }

        @Override
        public void write(long offset, ByteBuffer from) {
            from.position(from.limit());
        }

        @Override
        public Extent extentAt(long offset, long length) {
            long rest = Math.min(length, EXTENT - offset % EXTENT);
            return offset / EXTENT % 2 == 0 ? Extent.data(rest) : Extent.hole(rest);
        }

        @Override
        public boolean mayBlock() {
            return false;
        }
    }
}
