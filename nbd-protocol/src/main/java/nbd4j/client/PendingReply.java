// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import nbd4j.session.Request;
import nbd4j.session.Session;
import org.jspecify.annotations.Nullable;

/**
 * A request that was sent and whose reply has not been awaited: with these, one thread keeps many requests in flight.
 *
 * <p>The thread that sent the request calls {@link #await} once, whatever happens to others. Until that returns or throws
 * the buffer belongs to the connection, and the request counts among the {@link ConnectOptions#maximumRequests}. So:
 *
 * <ul>
 *   <li>A thread that has replies to await makes no call that waits for anything else: that may need a place among those
 *       requests which only this thread can give back. It submits more, which never waits for a place, or awaits.
 *   <li>Await all before closing. {@link NbdConnection#close} waits for replies that nobody has awaited, and when its
 *       limit is reached it drops the connection without a goodbye; what was answered by then can still be awaited.
 *   <li>With {@link ChannelThreads#CALLERS} nobody reads while no caller waits, and a reply that nobody reads looks like
 *       silence: await it within {@link ConnectOptions#silenceTimeout}.
 *   <li>An {@link #await} that fails, even by an interrupt or a timeout, ends the wait for its own request only: the others
 *       are still to be awaited. What an interrupt does to the connection is said in {@link ChannelThreads}.
 * </ul>
 */
public final class PendingReply {
    private final Session session;
    private final Thread owner = Thread.currentThread();
    private final @Nullable ByteBuffer buffer;
    private @Nullable Request request;

    PendingReply(Session session, Request request, @Nullable ByteBuffer buffer) {
        this.session = session;
        this.request = request;
        this.buffer = buffer;
    }

    /** Returns whether {@link #await} would return, or throw, without waiting. Any thread may ask. */
    public boolean isDone() {
        Request asked = request;
        return asked == null || session.isDone(asked);
    }

    /** Returns the request; for the thread that sent it, before it awaited the reply. */
    Request request() {
        Request sent = request;
        if (sent == null) {
            throw new IllegalStateException("the reply was awaited before");
        }
        return sent;
    }

    /**
     * Waits for the reply. Replies to other requests of this thread that come meanwhile cost no waiting later.
     *
     * @throws IOException as the calls of {@link NbdConnection} that wait at once
     * @throws IllegalStateException if another thread sent the request, or the reply was awaited before
     */
    public void await() throws IOException {
        Request awaited = request;
        if (awaited == null) {
            throw new IllegalStateException("the reply was awaited before");
        }
        if (!Thread.currentThread().equals(owner)) {
            throw new IllegalStateException(
                    "the request was sent by %s, not by %s".formatted(owner, Thread.currentThread()));
        }
        request = null;
        session.await(awaited);
        if (buffer != null) {
            buffer.position(buffer.limit());
        }
    }
}
