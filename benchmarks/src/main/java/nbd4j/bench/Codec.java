// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import nbd4j.wire.ChunkHeader;
import nbd4j.wire.RequestHeader;
import nbd4j.wire.SimpleReply;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The headers of the transmission phase, to and from bytes. Allocates nothing ({@code -prof gc}). */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Codec {
    private final ByteBuffer out = ByteBuffer.allocateDirect(64);
    private final ByteBuffer in = ByteBuffer.allocateDirect(64);
    private long cookie;

    /** A compact request. */
    @Benchmark
    public ByteBuffer encodeCompact() {
        new RequestHeader(0, 0, cookie++, cookie << 12, 4096).writeCompactTo(out.clear());
        return out;
    }

    /** An extended request. */
    @Benchmark
    public ByteBuffer encodeExtended() {
        new RequestHeader(0, 0, cookie++, cookie << 12, 4096).writeExtendedTo(out.clear());
        return out;
    }

    /** A simple reply. */
    @Benchmark
    public long decodeSimple() {
        SimpleReply reply = SimpleReply.readBehindMagic(in.clear());
        return reply.cookie() + reply.error();
    }

    /** The header of a structured chunk. */
    @Benchmark
    public long decodeStructured() {
        ChunkHeader header = ChunkHeader.readStructuredBehindMagic(in.clear());
        return header.cookie() + header.length() + header.type() + header.flags();
    }

    /** The header of an extended chunk. */
    @Benchmark
    public long decodeExtended() {
        ChunkHeader header = ChunkHeader.readExtendedBehindMagic(in.clear());
        return header.cookie() + header.length() + header.type() + header.flags() + header.offset();
    }
}
