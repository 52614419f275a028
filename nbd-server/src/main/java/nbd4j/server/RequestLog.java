// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The requests that clients sent, oldest first. Remembers as many as {@link ServerOptions#requestLogCapacity} says, and
 * is used by any number of threads.
 */
public final class RequestLog {
    /** One request; its fields that change are guarded by the log's lock. */
    static final class Entry {
        private final LoggedRequest received;
        private long replyOrder;
        private long repliedNanos;
        private int error;

        private Entry(LoggedRequest received) {
            this.received = received;
        }

        private LoggedRequest snapshot() {
            var at = received;
            return new LoggedRequest(
                    at.connection(),
                    at.export(),
                    at.command(),
                    at.flags(),
                    at.offset(),
                    at.length(),
                    at.order(),
                    at.receivedNanos(),
                    replyOrder,
                    repliedNanos,
                    error);
        }
    }

    private final int capacity;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Entry> entries = new ArrayDeque<>(); // guarded by lock
    private long order; // guarded by lock
    private long forgotten; // guarded by lock

    RequestLog(int capacity) {
        this.capacity = capacity;
    }

    @Nullable
    Entry received(int connection, String export, Request request) {
        if (capacity == 0) {
            return null;
        }
        lock.lock();
        try {
            var entry = new Entry(new LoggedRequest(
                    connection,
                    export,
                    Command.of(request.type()),
                    request.flags(),
                    request.offset(),
                    request.length(),
                    ++order,
                    System.nanoTime(),
                    0,
                    0,
                    0));
            if (entries.size() == capacity) {
                entries.removeFirst();
                forgotten++;
            }
            entries.addLast(entry);
            changed.signalAll();
            return entry;
        } finally {
            lock.unlock();
        }
    }

    void replied(@Nullable Entry entry, int error) {
        if (entry == null) {
            return;
        }
        lock.lock();
        try {
            entry.replyOrder = ++order;
            entry.repliedNanos = System.nanoTime();
            entry.error = error;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns all that is remembered.
     *
     * @return a copy, oldest first
     */
    public List<LoggedRequest> requests() {
        lock.lock();
        try {
            var copy = new ArrayList<LoggedRequest>(entries.size());
            entries.forEach(entry -> copy.add(entry.snapshot()));
            return copy;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the requests of one kind.
     *
     * @param command the kind
     * @return a copy, oldest first
     */
    public List<LoggedRequest> requests(Command command) {
        return requests().stream()
                .filter(request -> request.command() == command)
                .toList();
    }

    /**
     * Returns how many requests were forgotten for want of room.
     *
     * @return 0 while the log is complete
     */
    public long forgotten() {
        lock.lock();
        try {
            return forgotten;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets everything; the count of {@link LoggedRequest#order} goes on. */
    public void clear() {
        lock.lock();
        try {
            entries.clear();
            forgotten = 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the log is as a test wants it.
     *
     * @param condition looks at a copy, oldest first; called while the log is locked
     * @param limit longest wait
     * @return false if the time ran out
     * @throws InterruptedException if the caller is interrupted
     */
    public boolean await(Predicate<List<LoggedRequest>> condition, Duration limit) throws InterruptedException {
        long left = limit.toNanos();
        lock.lock();
        try {
            while (!condition.test(requests())) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
