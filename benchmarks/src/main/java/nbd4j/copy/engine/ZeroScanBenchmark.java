// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/** Looking for zeroes in a request of 256 KiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ZeroScanBenchmark {
    private static final int LENGTH = 256 << 10;

    /** What is in the buffer: data whose first byte tells, data whose blocks begin with a zero, zeroes, or both. */
    @Param({"data", "late", "zero", "mixed"})
    public String content = "data";

    private final ByteBuffer data = ByteBuffer.allocateDirect(LENGTH);
    private final ZeroScan scan = new ZeroScan(4096, ByteBuffer.allocateDirect(LENGTH));

    /** Fills the buffer. */
    @Setup
    public void fill() {
        for (int i = 0; i < LENGTH; i++) {
            boolean zero = switch (content) {
                case "data" -> false;
                case "late" -> i % 4096 < 4095;
                case "zero" -> true;
                default -> i / 4096 % 2 == 0;
            };
            data.put(i, (byte) (zero ? 0 : 1));
        }
    }

    /** Looks. */
    @Benchmark
    public int runs() {
        int runs = 0;
        int at = 0;
        while (at < LENGTH) {
            int end = scan.runEnd(data, 0, at, false);
            at = end < 0 ? ~end : end;
            runs++;
        }
        return runs;
    }
}
