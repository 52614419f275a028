// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A fake server, time that stands still, and pools in between; closes what it opened. */
final class PoolFixture implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(20);

    private static final long POLL_NANOS = 200_000;

    final FakeServer server = new FakeServer();
    final FakeTime time = new FakeTime();
    final List<PoolEvent> events = new CopyOnWriteArrayList<>();

    private final List<NbdPool> pools = new ArrayList<>();

    PoolOptions options() {
        return PoolOptions.defaults().withListener(events::add);
    }

    NbdPool open(PoolOptions options) throws IOException {
        var surroundings = new Surroundings(
                "nbd://fake",
                server,
                time,
                Thread.ofVirtual().name("pool-", 0).factory(),
                new Random(1),
                OpenFiles.ofThisProcess());
        NbdPool pool = NbdPool.open(surroundings, options);
        pools.add(pool);
        return pool;
    }

    /** Opens a pool and waits until it is complete. */
    NbdPool openComplete(PoolOptions options) throws Exception {
        NbdPool pool = open(options);
        await(pool, stats -> stats.live() == options.connections());
        return pool;
    }

    /** Waits, in real time, until a pool looks as it should. */
    static PoolStats await(NbdPool pool, Predicate<PoolStats> wanted) {
        return awaitTrue(pool::stats, wanted);
    }

    /** Waits, in real time, until something is so. */
    static <T> T awaitTrue(Supplier<T> asked, Predicate<T> wanted) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            T found = asked.get();
            if (wanted.test(found)) {
                return found;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("still so after %s: %s".formatted(LIMIT, found));
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Runs something on a virtual thread of its own. */
    static <T> Task<T> start(Callable<T> work) {
        var task = new FutureTask<>(work);
        return new Task<>(task, Thread.ofVirtual().start(task));
    }

    record Task<T>(FutureTask<T> task, Thread thread) {
        /** Returns what came out, within the limit. */
        T result() throws Exception {
            try {
                return task.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Exception failure) {
                    throw failure;
                }
                throw e;
            } catch (TimeoutException e) {
                throw new AssertionError("not done after " + LIMIT, e);
            }
        }
    }

    /** Returns whatever is thrown as something that may be thrown anywhere. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <E extends Throwable> E sneaky(Throwable failure) throws E {
        throw (E) failure;
    }

    static ByteBuffer bytes(int length) {
        return ByteBuffer.allocate(length);
    }

    @Override
    public void close() {
        pools.forEach(NbdPool::abort);
    }
}
