// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats what failed for a passing reason, with growing pauses, within a budget of time for each request.
 *
 * <p>A pause is a random part of a length that doubles from {@link #FIRST_PAUSE} to {@link #LONGEST_PAUSE}, so that
 * many requests that failed together do not come back together. Any number of threads.
 */
final class Retry {
    /** Something that may fail. */
    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(Retry.class);

    private final Duration budget;
    private final Counters counters;
    private final CountDownLatch stopped;

    /**
     * Creates a policy.
     *
     * @param budget time after the first failure of a request in which it is repeated; zero never repeats
     * @param counters counts the repetitions
     * @param stopped ends pauses and repetitions when it is open
     */
    Retry(Duration budget, Counters counters, CountDownLatch stopped) {
        this.budget = budget;
        this.counters = counters;
        this.stopped = stopped;
    }

    /**
     * Runs an action until it succeeds.
     *
     * @param retryable tells passing failures from final ones
     * @param failed how an attempt ended that was made already; null if none was
     * @throws IOException the last failure, if it is final or the time is up; the first one is suppressed in it
     */
    void run(Predicate<IOException> retryable, Action action, @Nullable IOException failed)
            throws IOException, InterruptedException {
        if (failed != null) {
            repeat(retryable, action, failed);
            return;
        }
        try {
            action.run();
        } catch (IOException e) {
            repeat(retryable, action, e);
        }
    }

    private void repeat(Predicate<IOException> retryable, Action action, IOException first)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + budget.toNanos();
        long pause = FIRST_PAUSE.toNanos();
        IOException last = first;
        boolean repeated = false;
        while (retryable.test(last)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                break;
            }
            LOG.debug("trying again: {}", last.getMessage());
            long wait = Math.min(ThreadLocalRandom.current().nextLong(pause / 2, pause + 1), left);
            if (stopped.await(wait, TimeUnit.NANOSECONDS)) {
                break;
            }
            pause = Math.min(2 * pause, LONGEST_PAUSE.toNanos());
            counters.retried.increment();
            try {
                action.run();
                return;
            } catch (IOException e) {
                last = e;
                repeated = true;
            }
        }
        if (repeated) {
            addFirst(last, first);
        }
        throw last;
    }

    @SuppressWarnings("ReferenceEquality") // an exception cannot suppress itself
    private static void addFirst(IOException last, IOException first) {
        if (last != first) {
            last.addSuppressed(first);
        }
    }
}
