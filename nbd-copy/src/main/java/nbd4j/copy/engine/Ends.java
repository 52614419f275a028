// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointException.Side;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.endpoint.ZeroMode;
import org.jspecify.annotations.Nullable;

/**
 * The calls of both ends that block, each repeated where that may help, and within the number of calls that the end
 * takes at once. What fails for good names its side.
 *
 * <p>Any number of threads. A thread that holds requests in flight in a pipeline awaits them before it calls: it would
 * wait for room that it takes itself.
 */
final class Ends {
    private final Source source;
    private final Target target;
    private final Retry retry;
    private final Counters counters;
    private final ZeroMode zeroMode;
    private final Semaphore reads;
    private final Semaphore writes;

    Ends(CopyParts parts) {
        source = parts.source();
        target = parts.target();
        retry = parts.retry();
        counters = parts.counters();
        zeroMode = parts.options().zeroMode();
        reads = new Semaphore(source.maximumParallel());
        writes = new Semaphore(target.maximumParallel());
    }

    /**
     * Fills a buffer up to its limit.
     *
     * @param failed how an attempt ended that was made already; null if none was
     */
    void read(long offset, ByteBuffer into, @Nullable IOException failed) throws IOException, InterruptedException {
        reads.acquire();
        try {
            retry.run(source::retryable, () -> source.read(offset, into.position(0)), failed);
        } catch (IOException e) {
            throw failure(Side.SOURCE, e);
        } finally {
            reads.release();
        }
        counters.read.add(into.position());
    }

    /** Writes a whole buffer, from 0 to its limit. */
    void write(long offset, ByteBuffer from, @Nullable IOException failed) throws IOException, InterruptedException {
        writes.acquire();
        try {
            retry.run(target::retryable, () -> target.write(offset, from.position(0)), failed);
        } catch (IOException e) {
            throw failure(Side.TARGET, e);
        } finally {
            writes.release();
        }
    }

    /** Makes a range read as zeroes; returns false if the target can only be written zeroes. */
    boolean zero(long offset, long length) throws IOException, InterruptedException {
        if (!target.canZero()) {
            return false;
        }
        boolean[] done = new boolean[1];
        writes.acquire();
        try {
            retry.run(target::retryable, () -> done[0] = target.zero(offset, length, zeroMode), null);
        } catch (IOException e) {
            throw failure(Side.TARGET, e);
        } finally {
            writes.release();
        }
        return done[0];
    }

    private static EndpointException failure(Side side, IOException cause) {
        return new EndpointException(side, String.valueOf(cause.getMessage()), cause);
    }
}
