// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import nbd4j.model.ReadChunk;
import nbd4j.wire.Command;
import org.jspecify.annotations.Nullable;

/**
 * One request and what is known of its reply. Requests live in the slots of {@link InFlight} and are used again and
 * again, so that a request costs no allocation.
 *
 * <p>Three threads meet here. The caller fills the fields, submits, waits and takes the result. The sender writes the
 * request; until it is done the payload is the sender's. The receiver fills the destination and writes the fields of the
 * reply. {@code state} orders all of that: plain fields are written before the bit that hands them over.
 *
 * <p>A caller that gives up sets {@link #ABANDONED} at a moment when neither sender nor receiver use its buffers. From
 * then on the request belongs to whoever would have completed it. If they are in use it sets {@link #LEAVING}, and is
 * woken when they are not: by the sender behind its write, by the receiver behind its next read from the wire.
 */
public final class Request {
    /** The sender has begun to write the request. */
    private static final int SENDING = 1;
    /** The request is written. */
    private static final int SENT = 1 << 1;
    /** The receiver is filling the destination. */
    private static final int FILLING = 1 << 2;
    /** The reply is complete, or the session failed. */
    private static final int REPLIED = 1 << 3;
    /** The caller has gone. */
    private static final int ABANDONED = 1 << 4;
    /** The caller wants to go and waits for the sender or the receiver to leave its buffers. */
    private static final int LEAVING = 1 << 5;

    private static final ByteBuffer NO_BUFFER = ByteBuffer.allocate(0);
    private static final ByteBuffer[] NO_BUFFERS = {};

    final int slot;
    private final AtomicInteger state = new AtomicInteger();

    // Written by the caller before it submits.
    long cookie;
    Command command = Command.DISC;
    int flags;
    long offset;
    long length;
    /** The range of a block status; with a payload it differs from {@code length}, which is then that of the payload. */
    long statusLength;

    /** The payload of a write, or the destination of a read. */
    ByteBuffer[] buffers = NO_BUFFERS;

    private final ByteBuffer[] single = {NO_BUFFER};
    /** {@link #isReplied}, made once and not for each wait. */
    final BooleanSupplier replied = this::isReplied;

    /** Where each buffer of a read begins to be filled; the end of the read is where the last one's limit is. */
    int[] starts = new int[1];

    @Nullable
    List<ReadChunk> chunks;

    @Nullable
    StatusReply status;

    long submittedNanos;
    private @Nullable Thread waiter;
    /** Whether the caller is about to park, or parked, and would read for all if it was woken. */
    private volatile boolean parked;

    /** Link of the sender's queue; written by whoever pushes, read by the sender. */
    @Nullable
    Request next;

    // Written by the receiver.
    final Coverage coverage = new Coverage();
    int contentChunks;
    int errorChunks;
    long errorValue;
    String errorText = "";
    long errorOffset = -1;
    /** Whether any error of the reply says that the server shuts down; it need not be the first, which is reported. */
    boolean shutsDown;
    /** Offsets of all errors, of which no content may follow; null while there are none. */
    long @Nullable [] errorOffsets;

    /** Written by whoever fails the session, under both of its locks. */
    @Nullable
    Throwable failure;

    Request(int slot) {
        this.slot = slot;
    }

    /** Sets one buffer as payload or destination. */
    public void setBuffer(ByteBuffer buffer) {
        single[0] = buffer;
        starts[0] = buffer.position();
        buffers = single;
    }

    /** Sets several buffers as payload or destination; the array is not copied. */
    public void setBuffers(ByteBuffer[] newBuffers) {
        buffers = newBuffers;
        if (starts.length < newBuffers.length) {
            starts = new int[newBuffers.length];
        }
        for (int i = 0; i < newBuffers.length; i++) {
            starts[i] = newBuffers[i].position();
        }
    }

    /** Wants the parts of a read listed as the server sends them. The destination must be one buffer. */
    public void setChunks(List<ReadChunk> newChunks) {
        chunks = newChunks;
    }

    /**
     * Sets where the reply of a block status goes.
     *
     * @param newStatusLength length of the range, which with a payload is not the length in the header
     */
    public void setStatus(StatusReply newStatus, long newStatusLength) {
        status = newStatus;
        statusLength = newStatusLength;
    }

    /** Returns the length of the range that the request is about. */
    long affected() {
        return command == Command.BLOCK_STATUS ? statusLength : length;
    }

    void setWaiter(Thread thread) {
        waiter = thread;
    }

    // The caller.

    boolean isComplete() {
        return (state.get() & (SENT | REPLIED)) == (SENT | REPLIED);
    }

    boolean isReplied() {
        return (state.get() & REPLIED) != 0;
    }

    /** What came of a caller's wish to leave. */
    enum Leave {
        /** The request is no longer the caller's. */
        GONE,
        /** The reply has come meanwhile. */
        COMPLETE,
        /** The buffers are in use; the caller is woken when they are not. */
        IN_USE
    }

    /** Gives the request up, unless its buffers are in use. */
    Leave leave() {
        while (true) {
            int now = state.get();
            if ((now & (SENT | REPLIED)) == (SENT | REPLIED)) {
                return Leave.COMPLETE;
            }
            if ((now & ABANDONED) != 0) {
                return Leave.GONE;
            }
            boolean used = (now & FILLING) != 0 || (now & (SENDING | SENT)) == SENDING;
            if (state.compareAndSet(now, now | (used ? LEAVING : ABANDONED))) {
                return used ? Leave.IN_USE : Leave.GONE;
            }
        }
    }

    void setParked(boolean newParked) {
        parked = newParked;
    }

    // The sender.

    /** Returns false if the caller has gone; the sender then releases the request. */
    boolean beginSending() {
        while (true) {
            int now = state.get();
            if ((now & ABANDONED) != 0) {
                return false;
            }
            if (state.compareAndSet(now, now | SENDING)) {
                return true;
            }
        }
    }

    void endSending() {
        int before = state.getAndAdd(SENT);
        if ((before & (REPLIED | LEAVING)) != 0) {
            LockSupport.unpark(waiter);
        }
    }

    // The receiver.

    /** Returns whether a reply can be meant for this request. */
    boolean awaitsReply(long replyCookie) {
        int now = state.get();
        return (now & SENDING) != 0 && (now & REPLIED) == 0 && cookie == replyCookie;
    }

    /** Returns false if the caller has gone; the receiver then throws the content away. */
    boolean beginFilling() {
        while (true) {
            int now = state.get();
            if ((now & ABANDONED) != 0) {
                return false;
            }
            boolean leaving = (now & (LEAVING | SENT)) == (LEAVING | SENT);
            if (state.compareAndSet(now, now | (leaving ? ABANDONED : FILLING))) {
                if (leaving) {
                    LockSupport.unpark(waiter);
                }
                return !leaving;
            }
        }
    }

    /** Returns whether the receiver should stop filling, since the caller wants its buffers. */
    boolean isWantedBack() {
        return (state.get() & (LEAVING | SENT)) == (LEAVING | SENT);
    }

    /** Lets the caller go though the destination is not full; the receiver throws the rest away. */
    void stopFilling() {
        while (true) {
            int now = state.get();
            if (state.compareAndSet(now, (now | ABANDONED) & ~FILLING)) {
                LockSupport.unpark(waiter);
                return;
            }
        }
    }

    void endFilling() {
        int before = state.getAndAdd(-FILLING);
        if ((before & LEAVING) != 0) {
            LockSupport.unpark(waiter);
        }
    }

    /** Completes the request; returns true if the caller has gone, so that the receiver must release it. */
    boolean complete() {
        int before = state.getAndAdd(REPLIED);
        if ((before & ABANDONED) != 0) {
            return true;
        }
        LockSupport.unpark(waiter);
        return false;
    }

    // Whoever fails the session, when neither sender nor receiver is at work.

    /** Fails the request unless it is complete; returns true if the caller has gone. */
    boolean fail(Throwable cause) {
        while (true) {
            int now = state.get();
            if ((now & (SENT | REPLIED)) == (SENT | REPLIED)) {
                return false;
            }
            if ((now & REPLIED) == 0) {
                failure = cause;
            }
            if (state.compareAndSet(now, (now | SENDING | SENT | REPLIED) & ~FILLING)) {
                if ((now & ABANDONED) != 0) {
                    return true;
                }
                LockSupport.unpark(waiter);
                return false;
            }
        }
    }

    /** Returns whether the request is on its way and not answered. */
    boolean isSubmitted() {
        return (state.get() & (SENDING | REPLIED)) == SENDING;
    }

    /** Returns whether the caller would read for all if it was woken. */
    boolean wouldRead() {
        return parked && (state.get() & (REPLIED | ABANDONED)) == 0;
    }

    void wake() {
        LockSupport.unpark(waiter);
    }

    /** Forgets everything, for the next use. */
    void clear() {
        single[0] = NO_BUFFER;
        buffers = NO_BUFFERS;
        chunks = null;
        status = null;
        waiter = null;
        next = null;
        contentChunks = 0;
        errorChunks = 0;
        errorValue = 0;
        errorText = "";
        errorOffset = -1;
        shutsDown = false;
        errorOffsets = null;
        failure = null;
        parked = false;
        coverage.begin(0);
        state.set(0);
    }
}
