// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A call on a thread of its own, which must end in time. */
final class Call<T> {
    /** How long the client may take once it could end; its own limits are far longer, so a lost wake-up shows. */
    static final long LIMIT_MILLIS = 10_000;

    private final FutureTask<T> task;
    private final Thread thread;
    private volatile boolean interruptedAtEnd;

    private Call(Callable<T> body, Thread.Builder builder) {
        task = new FutureTask<>(() -> {
            try {
                return body.call();
            } finally {
                interruptedAtEnd = Thread.currentThread().isInterrupted();
            }
        });
        thread = builder.start(task);
    }

    interface Action {
        void run() throws Exception;
    }

    static <T> Call<T> of(Callable<T> body) {
        return new Call<>(body, Thread.ofVirtual());
    }

    static Call<Boolean> start(Action body) {
        return of(() -> {
            body.run();
            return true;
        });
    }

    static Call<Boolean> startOnPlatformThread(Action body) {
        return new Call<>(
                () -> {
                    body.run();
                    return true;
                },
                Thread.ofPlatform());
    }

    /** Waits for success. */
    T get() throws Exception {
        return get(LIMIT_MILLIS);
    }

    T get(long limitMillis) throws Exception {
        try {
            return task.get(limitMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw stuck();
        }
    }

    /** Waits for failure. */
    <E extends Throwable> E failure(Class<E> kind) throws Exception {
        try {
            task.get(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            assertThat(e).cause().isInstanceOf(kind);
            return kind.cast(Objects.requireNonNull(e.getCause()));
        } catch (TimeoutException e) {
            throw stuck();
        }
        throw new AssertionError("the call succeeded, expected was " + kind);
    }

    private AssertionError stuck() {
        var error = new AssertionError("the call did not end in time; this is where it waits");
        error.setStackTrace(thread.getStackTrace());
        return error;
    }

    boolean isDone() {
        return task.isDone();
    }

    boolean interruptedAtEnd() {
        return interruptedAtEnd;
    }

    void interrupt() {
        thread.interrupt();
    }

    /** Waits until the thread is parked or blocked. */
    void awaitWaiting() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(System.nanoTime()).as("now").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
