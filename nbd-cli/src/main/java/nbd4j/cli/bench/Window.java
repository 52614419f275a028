// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import nbd4j.client.NbdConnection;
import nbd4j.client.PendingReply;
import org.jspecify.annotations.Nullable;

/** The requests that one worker has in flight on one connection. For the worker's thread. */
final class Window implements AutoCloseable {
    /** Told of each request that is done. */
    @FunctionalInterface
    interface Done {
        void done(boolean read, long dueNanos, long doneNanos);
    }

    private record Sent(boolean read, long offset, long dueNanos, ByteBuffer block) {}

    private final NbdConnection connection;
    private final Workload workload;
    private final Content content;
    private final Written written;
    private final Deque<ByteBuffer> spare = new ArrayDeque<>();
    /** What is in flight; the replies of {@code sent}, in the same places. */
    private final List<PendingReply> replies = new ArrayList<>();

    private final List<Sent> sent = new ArrayList<>();

    Window(NbdConnection connection, Workload workload, Content content, Written written) {
        this.connection = connection;
        this.workload = workload;
        this.content = content;
        this.written = written;
    }

    /** Returns how many requests are in flight. */
    int size() {
        return replies.size();
    }

    /** Sends a request. */
    void send(boolean read, long offset, long dueNanos) throws IOException {
        ByteBuffer block = spare.isEmpty() ? ByteBuffer.allocateDirect(workload.blockSize()) : spare.pop();
        PendingReply reply = submit(read, offset, block.clear());
        if (reply == null) {
            throw new IllegalStateException(
                    "%d requests in flight are more than the connection takes".formatted(size()));
        }
        replies.add(reply);
        sent.add(new Sent(read, offset, dueNanos, block));
    }

    private @Nullable PendingReply submit(boolean read, long offset, ByteBuffer block) throws IOException {
        if (read) {
            return connection.submitRead(offset, block, Set.of());
        }
        return switch (workload.access()) {
            case ZERO -> connection.submitWriteZeroes(offset, workload.blockSize(), Set.of());
            case TRIM -> connection.submitTrim(offset, workload.blockSize(), Set.of());
            case READ, RANDREAD, WRITE, RANDWRITE, RANDRW -> {
                content.fill(block, offset);
                yield connection.submitWrite(offset, block.flip(), Set.of());
            }
        };
    }

    /** Waits until at least one request is done, and takes all that are. */
    void await(Done listener) throws IOException {
        connection.awaitAny(replies);
        long now = System.nanoTime();
        for (int i = replies.size() - 1; i >= 0; i--) {
            if (replies.get(i).isDone()) {
                take(i, listener, now);
            }
        }
    }

    private void take(int i, Done listener, long now) throws IOException {
        int last = replies.size() - 1;
        PendingReply reply = replies.get(i);
        Sent request = sent.get(i);
        replies.set(i, replies.get(last));
        sent.set(i, sent.get(last));
        replies.remove(last);
        sent.remove(last);
        reply.await();
        spare.push(request.block());
        if (!request.read()) {
            written.add(request.offset());
        }
        listener.done(request.read(), request.dueNanos(), now);
    }

    /** Awaits what is in flight, since the connection owns its buffers until then; what becomes of it is of no interest. */
    @Override
    public void close() {
        for (PendingReply reply : replies) {
            try {
                reply.await();
            } catch (IOException e) {
                // The failure that ended the worker is the one to report.
            }
        }
    }
}
