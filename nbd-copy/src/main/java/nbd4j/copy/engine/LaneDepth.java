// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * How many jobs a {@link Lane} has under way: few at first, twice as many whenever most of a round were slow, or at once as
 * many as the fastest of them would have needed where that is far more. Ends that answer at once are fastest with few
 * buffers, which stay in the processor's cache; ends that are far away need many.
 *
 * <p>For the thread of the lane; the permits are shared by all.
 */
final class LaneDepth {
    /** Bytes under way to begin with: enough for ends on the same machine. */
    private static final int FIRST_BYTES = 1 << 19;
    /** A lane that moves less than a byte in so many nanoseconds, about 250 MB/s, is waiting for a network or a disk. */
    private static final long SLOW_NANOS_PER_BYTE = 4;
    /** Shorter jobs take as long as this one: what they cost is not in their bytes. */
    private static final int SHORT_BYTES = 1 << 16;
    /** Where so many times the jobs are wanted the end is far away; less may be a processor that was busy. */
    private static final long FAR = 4;
    /** A blocking call that takes longer than this would leave the processor to others: 3 ms. */
    private static final long SLOW_CALL_NANOS = 3_000_000;
    /** So many of them in a row, or one that takes as long, are no processor that was busy. */
    private static final int SLOW_CALLS = 3;
    /** A lane with so many jobs that wants more is at an end that is far away, as one is that wants {@link #FAR} times more. */
    private static final int MANY_JOBS = 8;

    /** Something that blocks. */
    @FunctionalInterface
    interface Step {
        void run() throws IOException, InterruptedException;
    }

    private final Semaphore permits;
    private final Runnable hire;
    private final int most;
    private final int requestSize;
    private int jobs = 1;
    private int slow;
    /** How many times {@link #SLOW_CALL_NANOS} the calls of late took that took longer. */
    private long slowCalls;
    /** Jobs under way with which the fastest slow job of the round would not have been slow. */
    private long wanted = Long.MAX_VALUE;

    /**
     * Creates a depth of at least 1.
     *
     * @param pipelined whether the lane can have more than one job under way
     * @param requestSize bytes of a job
     * @param most limit of this lane
     * @param permits jobs that all lanes together may add to their first one
     * @param hire adds a lane
     */
    LaneDepth(boolean pipelined, int requestSize, int most, Semaphore permits, Runnable hire) {
        this.permits = permits;
        this.hire = hire;
        this.most = pipelined ? most : 1;
        this.requestSize = requestSize;
        grow(Math.max(2, FIRST_BYTES / requestSize) - 1);
    }

    /** Returns how many jobs may be under way. */
    int jobs() {
        return jobs;
    }

    /** Takes note of how long a job took from its beginning to its end. */
    void learn(Task task, long nanos) {
        if (task.kind() == Task.Kind.ZERO || jobs >= most) {
            return;
        }
        long bytes = task.kind() == Task.Kind.COPY
                ? Math.min(requestSize, Math.max(SHORT_BYTES, task.length()))
                : requestSize;
        long quick = bytes * SLOW_NANOS_PER_BYTE;
        if (nanos <= jobs * quick) {
            slow = Math.max(0, slow - 1);
            return;
        }
        wanted = Math.min(wanted, nanos / quick);
        if (++slow >= jobs) {
            if (wanted >= FAR * jobs || jobs >= MANY_JOBS) {
                hire.run();
            }
            grow(wanted < FAR * jobs ? jobs : (int) Math.min(most, wanted - jobs));
            slow = 0;
            wanted = Long.MAX_VALUE;
        }
    }

    /** Makes a call that blocks; if such calls take long, there should be more lanes. */
    void blocked(Step call) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        call.run();
        learnCall(System.nanoTime() - begun);
    }

    /** Takes note of how long a call that blocks took. */
    void learnCall(long nanos) {
        if (nanos <= SLOW_CALL_NANOS) {
            slowCalls = Math.max(0, slowCalls - 1);
            return;
        }
        slowCalls += nanos / SLOW_CALL_NANOS;
        if (slowCalls >= SLOW_CALLS) {
            slowCalls = 0;
            hire.run();
        }
    }

    private void grow(int by) {
        for (int more = by; more > 0 && jobs < most && permits.tryAcquire(); more--) {
            jobs++;
        }
    }
}
