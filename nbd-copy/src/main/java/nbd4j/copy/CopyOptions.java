// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import nbd4j.copy.engine.EngineOptions;
import nbd4j.copy.hash.BlockHash;

/**
 * How a copy is to be done. The defaults suit most copies: sparse-aware, durable, within 64 MiB of buffers.
 *
 * @param requestSize bytes of one read and write, a power of two from 4 KiB to 32 MiB; raised to the preferred block
 *     sizes of both ends and lowered to their largest payloads; 0, the default, for what suits the target: 8 MiB for a
 *     file that is to be durable while the ends are quick, less where the memory holds fewer than 8 of them, else 1 MiB
 * @param sparse granularity in bytes at which data is searched for zeroes, 0 for no search, else a power of two from
 *     512; raised to the target's preferred block size; default 4096
 * @param extents whether to ask the source which ranges read as zeroes, so that they are not read; default true
 * @param allocated whether the target is to be fully allocated: zeroes are never punched; default false
 * @param targetIsZero whether the caller knows that the whole target reads as zeroes, so that zeroes need not be
 *     written; wrong knowledge gives a wrong copy; default false
 * @param flush whether success means that the target is durable; default true
 * @param synchronous whether to do one request after the other; default false
 * @param maximumRequests most requests in flight, both sides together, 1 to 512; each needs a buffer; default 256
 * @param maximumMemory bytes of buffers for data in flight; default 64 MiB. Not used where the copier was given a
 *     budget that several copies share
 * @param retryFor how long one request is repeated when it fails for a passing reason; default 8 s
 * @param drainFor how long requests in flight may go on after a failure or a cancel; default 2 s
 * @param progressInterval time between two calls of the listener; default 200 ms
 * @param hash which digest of the disk to compute while copying; default none
 * @param threads makes the threads that copy, about as many as there are connections; default: virtual ones. Platform
 *     threads are a little faster where data comes in small pieces, as over TCP on one machine
 */
public record CopyOptions(
        int requestSize,
        int sparse,
        boolean extents,
        boolean allocated,
        boolean targetIsZero,
        boolean flush,
        boolean synchronous,
        int maximumRequests,
        long maximumMemory,
        Duration retryFor,
        Duration drainFor,
        Duration progressInterval,
        Optional<BlockHash> hash,
        ThreadFactory threads) {
    /** The smallest request. */
    public static final int SMALLEST_REQUEST = 4096;
    /** The largest request: what every server must take. */
    public static final int LARGEST_REQUEST = 32 << 20;
    /** The size of a request where neither the user nor the target has a wish. */
    public static final int USUAL_REQUEST = EngineOptions.USUAL_REQUEST;
    /** The finest search for zeroes. */
    public static final int SMALLEST_SPARSE = 512;
    /** The most requests in flight. */
    public static final int MOST_REQUESTS = 512;

    private static final CopyOptions DEFAULTS = new CopyOptions(
            0,
            4096,
            true,
            false,
            false,
            true,
            false,
            256,
            64L << 20,
            Duration.ofSeconds(8),
            Duration.ofSeconds(2),
            Duration.ofMillis(200),
            Optional.empty(),
            Thread.ofVirtual().name("nbd-copy-", 0).factory());

    /** Refuses values outside their limits. */
    public CopyOptions {
        if (requestSize != 0
                && (requestSize < SMALLEST_REQUEST
                        || requestSize > LARGEST_REQUEST
                        || Integer.bitCount(requestSize) != 1)) {
            throw new IllegalArgumentException("request size %d is neither 0 nor a power of two from %d to %d"
                    .formatted(requestSize, SMALLEST_REQUEST, LARGEST_REQUEST));
        }
        if (sparse != 0 && (sparse < SMALLEST_SPARSE || Integer.bitCount(sparse) != 1)) {
            throw new IllegalArgumentException(
                    "sparse %d is neither 0 nor a power of two of at least %d".formatted(sparse, SMALLEST_SPARSE));
        }
        if (maximumRequests < 1 || maximumRequests > MOST_REQUESTS) {
            throw new IllegalArgumentException(
                    "maximum of %d requests is not from 1 to %d".formatted(maximumRequests, MOST_REQUESTS));
        }
        if (maximumMemory < SMALLEST_REQUEST) {
            throw new IllegalArgumentException(
                    "maximum memory of %d bytes is less than %d".formatted(maximumMemory, SMALLEST_REQUEST));
        }
        requireNotNegative("retry-for", retryFor);
        requireNotNegative("drain-for", drainFor);
        if (progressInterval.isNegative() || progressInterval.isZero()) {
            throw new IllegalArgumentException("progress interval " + progressInterval + " is not positive");
        }
    }

    /** Returns the defaults. */
    public static CopyOptions defaults() {
        return DEFAULTS;
    }

    /** Returns these options with other {@link #requestSize}. */
    public CopyOptions withRequestSize(int requestSize) {
        var changed = new Draft(this);
        changed.requestSize = requestSize;
        return changed.options();
    }

    /** Returns these options with other {@link #sparse}. */
    public CopyOptions withSparse(int sparse) {
        var changed = new Draft(this);
        changed.sparse = sparse;
        return changed.options();
    }

    /** Returns these options with other {@link #extents}. */
    public CopyOptions withExtents(boolean extents) {
        var changed = new Draft(this);
        changed.extents = extents;
        return changed.options();
    }

    /** Returns these options with other {@link #allocated}. */
    public CopyOptions withAllocated(boolean allocated) {
        var changed = new Draft(this);
        changed.allocated = allocated;
        return changed.options();
    }

    /** Returns these options with other {@link #targetIsZero}. */
    public CopyOptions withTargetIsZero(boolean targetIsZero) {
        var changed = new Draft(this);
        changed.targetIsZero = targetIsZero;
        return changed.options();
    }

    /** Returns these options with other {@link #flush}. */
    public CopyOptions withFlush(boolean flush) {
        var changed = new Draft(this);
        changed.flush = flush;
        return changed.options();
    }

    /** Returns these options with other {@link #synchronous}. */
    public CopyOptions withSynchronous(boolean synchronous) {
        var changed = new Draft(this);
        changed.synchronous = synchronous;
        return changed.options();
    }

    /** Returns these options with other {@link #maximumRequests}. */
    public CopyOptions withMaximumRequests(int maximumRequests) {
        var changed = new Draft(this);
        changed.maximumRequests = maximumRequests;
        return changed.options();
    }

    /** Returns these options with other {@link #maximumMemory}. */
    public CopyOptions withMaximumMemory(long maximumMemory) {
        var changed = new Draft(this);
        changed.maximumMemory = maximumMemory;
        return changed.options();
    }

    /** Returns these options with other {@link #retryFor}. */
    public CopyOptions withRetryFor(Duration retryFor) {
        var changed = new Draft(this);
        changed.retryFor = retryFor;
        return changed.options();
    }

    /** Returns these options with other {@link #drainFor}. */
    public CopyOptions withDrainFor(Duration drainFor) {
        var changed = new Draft(this);
        changed.drainFor = drainFor;
        return changed.options();
    }

    /** Returns these options with other {@link #progressInterval}. */
    public CopyOptions withProgressInterval(Duration progressInterval) {
        var changed = new Draft(this);
        changed.progressInterval = progressInterval;
        return changed.options();
    }

    /** Returns these options with a digest to be computed. */
    public CopyOptions withHash(BlockHash wanted) {
        var changed = new Draft(this);
        changed.hash = Optional.of(wanted);
        return changed.options();
    }

    /** Returns these options with other {@link #threads}. */
    public CopyOptions withThreads(ThreadFactory threads) {
        var changed = new Draft(this);
        changed.threads = threads;
        return changed.options();
    }

    /** The same with one value to be changed, so that a new one need not be named in every method above. */
    private static final class Draft {
        private int requestSize;
        private int sparse;
        private boolean extents;
        private boolean allocated;
        private boolean targetIsZero;
        private boolean flush;
        private boolean synchronous;
        private int maximumRequests;
        private long maximumMemory;
        private Duration retryFor;
        private Duration drainFor;
        private Duration progressInterval;
        private Optional<BlockHash> hash;
        private ThreadFactory threads;

        Draft(CopyOptions from) {
            requestSize = from.requestSize;
            sparse = from.sparse;
            extents = from.extents;
            allocated = from.allocated;
            targetIsZero = from.targetIsZero;
            flush = from.flush;
            synchronous = from.synchronous;
            maximumRequests = from.maximumRequests;
            maximumMemory = from.maximumMemory;
            retryFor = from.retryFor;
            drainFor = from.drainFor;
            progressInterval = from.progressInterval;
            hash = from.hash;
            threads = from.threads;
        }

        CopyOptions options() {
            return new CopyOptions(
                    requestSize,
                    sparse,
                    extents,
                    allocated,
                    targetIsZero,
                    flush,
                    synchronous,
                    maximumRequests,
                    maximumMemory,
                    retryFor,
                    drainFor,
                    progressInterval,
                    hash,
                    threads);
        }
    }

    private static void requireNotNegative(String what, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(what + " " + value + " is negative");
        }
    }
}
