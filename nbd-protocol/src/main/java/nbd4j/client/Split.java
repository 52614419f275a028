// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import nbd4j.session.Request;
import nbd4j.session.Session;
import nbd4j.wire.Command;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes that are larger than the server takes in one request, or that span several buffers: parts of them are
 * in flight together. When one fails the others are awaited before the failure is thrown, since they use the caller's
 * buffers.
 */
final class Split {
    /** Parts of one call in flight together; more would gain nothing and keep other callers from their slots. */
    private static final int WINDOW = 4;

    private final Session session;
    private final Deque<Request> window = new ArrayDeque<>(WINDOW);
    private @Nullable IOException failure;

    private Split(Session session) {
        this.session = session;
    }

    /** Reads into, or writes from, what remains of some buffers, in parts of at most {@code largest} bytes. */
    static void transfer(Session session, Command command, int flags, long offset, ByteBuffer[] buffers, int largest)
            throws IOException {
        new Split(session).run(command, flags, offset, buffers, largest);
        for (ByteBuffer buffer : buffers) {
            buffer.position(buffer.limit());
        }
    }

    private void run(Command command, int flags, long offset, ByteBuffer[] buffers, int largest) throws IOException {
        long at = offset;
        List<ByteBuffer> part = new ArrayList<>();
        int room = largest;
        for (ByteBuffer buffer : buffers) {
            int position = buffer.position();
            while (position < buffer.limit() && failure == null) {
                int now = Math.min(room, buffer.limit() - position);
                part.add(buffer.duplicate().limit(position + now).position(position));
                position += now;
                room -= now;
                if (room == 0) {
                    submit(command, flags, at, largest, part);
                    at += largest;
                    part.clear();
                    room = largest;
                }
            }
        }
        if (room < largest && failure == null) {
            submit(command, flags, at, largest - room, part);
        }
        while (!window.isEmpty()) {
            awaitOldest();
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void submit(Command command, int flags, long offset, int length, List<ByteBuffer> part) {
        if (window.size() == WINDOW) {
            awaitOldest();
        }
        try {
            // Never wait for a slot while holding one: callers that did so could wait for each other.
            Request request = session.tryBegin(command, flags, offset, length);
            while (request == null && !window.isEmpty()) {
                awaitOldest();
                request = session.tryBegin(command, flags, offset, length);
            }
            if (request == null) {
                request = session.begin(command, flags, offset, length);
            }
            if (failure != null) {
                session.cancel(request);
                return;
            }
            request.setBuffers(part.toArray(ByteBuffer[]::new));
            session.submit(request);
            window.add(request);
        } catch (IOException e) {
            failed(e);
        }
    }

    private void awaitOldest() {
        try {
            session.await(window.remove());
        } catch (IOException e) {
            failed(e);
        }
    }

    private void failed(IOException e) {
        if (failure == null) {
            failure = e;
        } else {
            failure.addSuppressed(e);
        }
    }
}
