// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import nbd4j.transport.Transport;
import org.jspecify.annotations.Nullable;

/**
 * A server in memory: the test says each byte of it, and sees each byte of the client. Behaves as a socket does when it
 * is closed or its user interrupted. Every wait has a limit.
 */
final class FakeServer implements Transport {
    /** Far beyond what any wait takes; reaching it fails the test. */
    private static final long LIMIT_SECONDS = 10;

    private final boolean extended;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by lock.
    private final Deque<ByteBuffer> toClient = new ArrayDeque<>();
    private final ByteArrayOutputStream fromClient = new ByteArrayOutputStream();
    private int parsed;
    private long window = Long.MAX_VALUE;
    private boolean ended;
    private @Nullable IOException failure;
    private boolean closed;
    private boolean outputClosed;
    private boolean hangsUp = true;
    private IntSupplier segment = () -> Integer.MAX_VALUE;

    FakeServer(boolean extended) {
        this.extended = extended;
    }

    private interface Change {
        void make() throws IOException;
    }

    private void change(Change change) {
        lock.lock();
        try {
            change.make();
            changed.signalAll();
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            lock.unlock();
        }
    }

    // What the test does.

    /** Says bytes. */
    void say(byte[] bytes) {
        change(() -> toClient.add(ByteBuffer.wrap(bytes)));
    }

    /** Ends the stream behind what was said. */
    void end() {
        change(() -> ended = true);
    }

    /** Breaks the connection behind what was said. */
    void reset() {
        change(() -> failure = new IOException("Connection reset by peer"));
    }

    /** Lets each read of the client get at most so many bytes. */
    void segments(IntSupplier size) {
        change(() -> segment = size);
    }

    /** Takes no more than so many bytes in all from the client; its writes block there. */
    void takeOnly(long bytes) {
        change(() -> window = bytes);
    }

    /** Does not hang up when the client says that it is done. */
    void neverHangUp() {
        change(() -> hangsUp = false);
    }

    /** Waits for the client's next request, whole. */
    Sent take() {
        var taken = new AtomicReference<@Nullable Sent>();
        await("a request", () -> {
            var in = ByteBuffer.wrap(fromClient.toByteArray());
            Sent sent = Sent.parse(in.position(parsed), extended);
            if (sent != null) {
                parsed = in.position();
                taken.set(sent);
            }
            return sent != null;
        });
        return Objects.requireNonNull(taken.get());
    }

    /** Asserts that the client has sent nothing that was not taken. */
    void assertNothingMore() {
        lock.lock();
        try {
            byte[] all = fromClient.toByteArray();
            assertThat(Hex.of(Arrays.copyOfRange(all, parsed, all.length)))
                    .as("bytes beyond what was expected")
                    .isEmpty();
        } finally {
            lock.unlock();
        }
    }

    int bytesTaken() {
        lock.lock();
        try {
            return fromClient.size();
        } finally {
            lock.unlock();
        }
    }

    void awaitBytes(int count) {
        await(count + " bytes", () -> fromClient.size() >= count);
    }

    void awaitClosed() {
        await("the client to close", () -> closed);
    }

    /** Waits until the client has read everything that was said. */
    void awaitAllRead() {
        await("the client to read everything", toClient::isEmpty);
    }

    private void await(String what, BooleanSupplier condition) {
        long left = TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        lock.lock();
        try {
            while (!condition.getAsBoolean()) {
                assertThat(left).as("nanoseconds left to wait for %s", what).isPositive();
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            lock.unlock();
        }
    }

    // What the client does.

    /** Waits inside the client's I/O as a channel does: an interrupt closes. */
    @SuppressWarnings("WaitNotInLoop") // The loops are the callers'.
    private void block(long[] leftNanos) throws IOException {
        try {
            if (leftNanos[0] <= 0) {
                throw new IOException("the scripted server was left waiting for too long");
            }
            leftNanos[0] = changed.awaitNanos(leftNanos[0]);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
            changed.signalAll();
            throw new ClosedByInterruptException();
        }
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new ClosedChannelException();
        }
        if (Thread.currentThread().isInterrupted()) {
            closed = true;
            changed.signalAll();
            throw new ClosedByInterruptException();
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return (int) read(into, ByteBuffer.allocate(0));
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        long[] left = {TimeUnit.SECONDS.toNanos(3 * LIMIT_SECONDS)};
        lock.lock();
        try {
            requireOpen();
            while (toClient.isEmpty()) {
                if (failure != null) {
                    throw failure;
                }
                if (ended) {
                    return -1;
                }
                block(left);
                if (closed) {
                    throw new AsynchronousCloseException();
                }
            }
            int most = segment.getAsInt();
            int moved = move(first, most);
            moved += move(second, most - moved);
            changed.signalAll();
            return moved;
        } finally {
            lock.unlock();
        }
    }

    private int move(ByteBuffer into, int most) {
        int moved = 0;
        while (into.hasRemaining() && moved < most && !toClient.isEmpty()) {
            ByteBuffer from = toClient.element();
            int now = Math.min(Math.min(into.remaining(), most - moved), from.remaining());
            into.put(from.duplicate().limit(from.position() + now));
            from.position(from.position() + now);
            moved += now;
            if (!from.hasRemaining()) {
                toClient.remove();
            }
        }
        return moved;
    }

    @Override
    public void write(ByteBuffer[] buffers, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            write(buffers[i]);
        }
    }

    @Override
    public void write(ByteBuffer buffer) throws IOException {
        long[] left = {TimeUnit.SECONDS.toNanos(3 * LIMIT_SECONDS)};
        lock.lock();
        try {
            while (buffer.hasRemaining()) {
                requireOpen();
                int now = (int) Math.min(buffer.remaining(), window - fromClient.size());
                if (now <= 0) {
                    block(left);
                    continue;
                }
                byte[] bytes = new byte[now];
                buffer.get(bytes);
                fromClient.writeBytes(bytes);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void closeOutput() {
        change(() -> {
            outputClosed = true;
            ended |= hangsUp;
        });
    }

    boolean outputClosed() {
        return outputClosed;
    }

    @Override
    public void close() {
        change(() -> closed = true);
    }

    @Override
    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean tls() {
        return false;
    }

    @Override
    public String peer() {
        return "scripted";
    }
}
