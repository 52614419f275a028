// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.endpoint.ZeroMode;
import nbd4j.copy.engine.CopyRun;
import nbd4j.copy.engine.Counters;
import nbd4j.copy.engine.EngineOptions;
import org.jspecify.annotations.Nullable;

/**
 * Copies a disk from a {@link Source} to a {@link Target}, many requests at a time. Ranges that the source knows to read
 * as zeroes are not read, zeroes are not sent where the target can make them itself, and success means that the target
 * has everything for good.
 *
 * <p>One copier makes one copy. {@link #run} blocks until it is done; {@link #cancel} and {@link #progress} may be
 * called by any thread meanwhile. Both ends stay the caller's to close, after the run:
 *
 * <pre>{@code
 * try (Source source = Endpoints.source(Location.parse("nbd://host/disk"), EndpointOptions.defaults());
 *         Target target = Endpoints.target(Location.parse("disk.img"), EndpointOptions.defaults())) {
 *     CopyReport report = new ParallelCopier(source, target, CopyOptions.defaults()).run();
 * }
 * }</pre>
 */
public final class ParallelCopier {
    private final Source source;
    private final Target target;
    private final CopyOptions options;
    private final CopyRun run;
    private volatile long startedNanos;
    private volatile long endedNanos;
    private volatile @Nullable Long streamSize;

    /** Creates a copier with a memory budget of its own, {@link CopyOptions#maximumMemory}. */
    public ParallelCopier(Source source, Target target, CopyOptions options) {
        this(source, target, options, CopyMemory.of(options.maximumMemory()));
    }

    /** Creates a copier that shares a memory budget with others. */
    public ParallelCopier(Source source, Target target, CopyOptions options, CopyMemory memory) {
        this.source = source;
        this.target = target;
        this.options = options;
        this.run = new CopyRun(source, target, engineOptions(options), memory.budget());
    }

    /** Returns what the copy would do. Asks the ends only what they know already; may be called without a run. */
    public CopyPlan plan() {
        return new CopyPlan(run.settlement(), target.canZero());
    }

    /** Copies without being watched. See {@link #run(CopyListener)}. */
    public CopyReport run() throws IOException {
        return run(progress -> {});
    }

    /**
     * Copies. Called once.
     *
     * @param listener told of the progress, by this thread
     * @return what was done; the target is complete, and durable unless the report says otherwise
     * @throws EndpointException if one end failed for good, or the two do not fit; the target is incomplete then
     * @throws java.util.concurrent.CancellationException if the copy was cancelled, or this thread interrupted (it stays
     *     so), before the target was complete
     */
    public CopyReport run(CopyListener listener) throws IOException {
        if (startedNanos != 0) {
            throw new IllegalStateException("a copier makes one copy");
        }
        startedNanos = System.nanoTime() | 1;
        try {
            long size = run.run(() -> listener.progressed(progress()), options.progressInterval());
            streamSize = size;
            return new CopyReport(size, options.flush() && target.canFlush(), progress(), run.hash());
        } finally {
            endedNanos = System.nanoTime() | 1;
            listener.progressed(progress());
        }
    }

    /**
     * Asks the copy to end soon. Returns at once; {@link #run} ends after the requests in flight, at most twice {@link
     * CopyOptions#drainFor} later. A copy that is complete by then stays complete.
     */
    public void cancel() {
        run.cancel();
    }

    /**
     * Returns whether the target may have changed: whether {@link #run} got past the checks of both ends. Where it then
     * failed, a target that {@linkplain Target#keepsIncomplete keeps what is incomplete} holds a mixture of old and new.
     */
    public boolean begun() {
        return run.begun();
    }

    /** Returns how far the copy is. */
    public CopyProgress progress() {
        Counters counters = run.counters();
        long started = startedNanos;
        long ended = endedNanos;
        long elapsed = started == 0 ? 0 : (ended == 0 ? System.nanoTime() : ended) - started;
        Long known = streamSize;
        return new CopyProgress(
                known == null ? source.size() : OptionalLong.of(known),
                counters.read(),
                counters.written(),
                counters.zeroed(),
                counters.skipped(),
                counters.retried(),
                source.reconnects() + target.reconnects(),
                counters.rounds(),
                counters.warnings(),
                Duration.ofNanos(elapsed));
    }

    private static EngineOptions engineOptions(CopyOptions options) {
        return new EngineOptions(
                options.requestSize(),
                options.sparse(),
                options.extents(),
                options.allocated() ? ZeroMode.ALLOCATE : ZeroMode.MAY_PUNCH,
                options.targetIsZero(),
                options.flush(),
                options.synchronous() ? 1 : options.maximumRequests(),
                options.retryFor(),
                options.drainFor(),
                options.hash(),
                options.threads());
    }
}
