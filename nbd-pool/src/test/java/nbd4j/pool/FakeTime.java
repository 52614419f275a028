// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Time that stands still until a test moves it; then everybody who waits looks again. */
final class FakeTime implements PoolTime {
    /** A test that waits this long in earnest has failed. */
    private static final long TEST_LIMIT_SECONDS = 60;

    private final ReentrantLock own = new ReentrantLock();
    /** Guarded by own. */
    private long now = 1_000_000_000L;
    /** The conditions that are waited on, with their locks. Guarded by own. */
    private final Map<Condition, ReentrantLock> waiting = new HashMap<>();
    /** What each thread read first since it last waited. Guarded by own. */
    private final Map<Thread, Long> seen = new HashMap<>();

    @Override
    public long nanos() {
        own.lock();
        try {
            seen.putIfAbsent(Thread.currentThread(), now);
            return now;
        } finally {
            own.unlock();
        }
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    public void await(ReentrantLock lock, Condition condition, long limitNanos) throws InterruptedException {
        own.lock();
        try {
            Long first = seen.remove(Thread.currentThread());
            if (first != null && first != now) {
                // Time moved since the caller found out how long to wait, and nobody will wake it for that.
                return;
            }
            waiting.put(condition, lock);
        } finally {
            own.unlock();
        }
        if (!condition.await(TEST_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("waited for %d s in earnest".formatted(TEST_LIMIT_SECONDS));
        }
    }

    /** Moves time on. */
    void advance(Duration by) {
        List<Map.Entry<Condition, ReentrantLock>> sleepers;
        own.lock();
        try {
            now += by.toNanos();
            sleepers = new ArrayList<>();
            waiting.forEach((condition, lock) -> sleepers.add(Map.entry(condition, lock)));
            waiting.clear();
        } finally {
            own.unlock();
        }
        for (Map.Entry<Condition, ReentrantLock> sleeper : sleepers) {
            sleeper.getValue().lock();
            try {
                sleeper.getKey().signalAll();
            } finally {
                sleeper.getValue().unlock();
            }
        }
    }
}
