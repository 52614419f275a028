// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Who reads the replies: one thread at a time, whoever holds the lock.
 *
 * <p>Where the session has threads of its own that is one of them, from beginning to end. Where callers do the reading it
 * is the first that waits, until its own reply has come; it then wakes another. What goes wrong ends the session.
 */
final class Reading {
    private final Session session;
    private final Receiver receiver;
    private final InFlight inFlight;
    private final boolean callersRead;
    /** Held by the thread that reads. */
    private final ReentrantLock lock = new ReentrantLock();

    Reading(Session session, Receiver receiver, InFlight inFlight, boolean callersRead) {
        this.session = session;
        this.receiver = receiver;
        this.inFlight = inFlight;
        this.callersRead = callersRead;
    }

    /** Returns whether a thread reads replies. */
    boolean isBeingRead() {
        return lock.isLocked();
    }

    /**
     * Reads replies until this request has its own, if nobody else is reading.
     *
     * @return whether the request is complete
     */
    boolean read(Request request) {
        readUntil(request.replied);
        return request.isComplete();
    }

    /**
     * Reads replies until something is so, if nobody else is reading.
     *
     * @return whether it is
     */
    boolean readUntil(BooleanSupplier done) {
        session.sendQueued();
        if (!done.getAsBoolean() && !session.hasFailed() && lock.tryLock()) {
            try {
                while (!done.getAsBoolean()) {
                    receiver.receive();
                }
            } catch (Throwable e) {
                session.fail(e);
            } finally {
                lock.unlock();
            }
            wakeReader();
        }
        return done.getAsBoolean();
    }

    /** Wakes one caller that is parked, so that somebody reads. */
    void wakeReader() {
        if (!callersRead || lock.isLocked()) {
            return;
        }
        Request request = inFlight.findReader();
        if (request != null) {
            request.wake();
        }
    }

    /** Reads until the session has ended. */
    void readToEnd() {
        lock.lock();
        try {
            while (!session.hasFailed()) {
                receiver.receive();
            }
        } catch (Throwable e) {
            session.fail(e);
        } finally {
            lock.unlock();
        }
    }

    /** Does something once nobody reads any more; for the end, when reading fails. */
    void whenStopped(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
