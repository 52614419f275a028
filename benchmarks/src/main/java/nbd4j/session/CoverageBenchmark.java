// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Keeping account of the chunks of a read of 1 MiB: in order, and in the worst order. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CoverageBenchmark {
    private static final int LENGTH = 1 << 20;

    /** How many chunks. */
    @Param({"1", "16", "4096", "65536"})
    public int chunks = 16;

    private final Coverage coverage = new Coverage();

    /** One after the other. */
    @Benchmark
    public boolean inOrder() {
        int each = LENGTH / chunks;
        coverage.begin(LENGTH);
        for (int i = 0; i < chunks; i++) {
            coverage.add(i * each, each);
        }
        return coverage.isComplete();
    }

    /** All even ones, then all odd ones. */
    @Benchmark
    public boolean interleaved() {
        int each = LENGTH / chunks;
        coverage.begin(LENGTH);
        for (int half = 0; half < 2; half++) {
            for (int i = half; i < chunks; i += 2) {
                coverage.add(i * each, each);
            }
        }
        return coverage.isComplete();
    }
}
