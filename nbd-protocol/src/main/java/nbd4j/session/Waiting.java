// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import jdk.jfr.FlightRecorder;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdTimeoutException;

/**
 * How a caller waits for its reply, gives it up, and takes its result.
 *
 * <p>Callers enter. Where they do the reading themselves, one reads and the others park; the one that leaves wakes
 * another. A caller says that it parks before it looks whether somebody still reads, and a reader stops reading before
 * it looks who is parked; so one of the two sees the other.
 */
final class Waiting {
    private final Session session;
    private final Reading reading;
    private final InFlight inFlight;
    private final Wording wording;
    private final String name;
    private final boolean callersRead;
    private final long timeoutNanos;

    Waiting(Session session, Reading reading, InFlight inFlight, Wording wording, String name, SessionOptions options) {
        this.session = session;
        this.reading = reading;
        this.inFlight = inFlight;
        this.wording = wording;
        this.name = name;
        callersRead = !options.ownThreads();
        timeoutNanos = options.requestTimeout().toNanos();
    }

    /** Waits for the reply and frees the request; see {@link Session#await}. */
    void await(Request request) throws IOException {
        boolean interrupted = false;
        boolean leaving = false;
        while (!request.isComplete()) {
            if (callersRead) {
                if (reading.read(request)) {
                    break;
                }
                request.setParked(true);
                // Whoever has read until now may not have seen that this caller parks.
                if (reading.isBeingRead() || request.isReplied() || session.hasFailed()) {
                    park(request, leaving);
                }
                request.setParked(false);
            } else {
                park(request, leaving);
            }
            interrupted |= Thread.interrupted();
            if ((interrupted || isLate(request)) && !session.hasFailed()) {
                leaving = true;
                leave(request, interrupted);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        take(request);
    }

    /** Waits for any of some requests; see {@link Session#awaitAny}. */
    void awaitAny(Request request, BooleanSupplier done) {
        while (!done.getAsBoolean() && !Thread.currentThread().isInterrupted() && !isLate(request)) {
            if (!callersRead) {
                park(request, false);
                continue;
            }
            if (reading.readUntil(done)) {
                return;
            }
            request.setParked(true);
            // Whoever has read until now may not have seen that this caller parks.
            if (reading.isBeingRead() || request.isReplied() || session.hasFailed()) {
                park(request, false);
            }
            request.setParked(false);
        }
    }

    private boolean isLate(Request request) {
        return timeoutNanos > 0 && System.nanoTime() - request.submittedNanos >= timeoutNanos;
    }

    /** Parks within the request's limit; who is leaving gets as much again for the buffers to be free. */
    private void park(Request request, boolean leaving) {
        if (timeoutNanos == 0 || session.hasFailed()) {
            LockSupport.park(session);
            return;
        }
        long left = (leaving ? 2 * timeoutNanos : timeoutNanos) - (System.nanoTime() - request.submittedNanos);
        if (left > 0) {
            LockSupport.parkNanos(session, left);
        } else if (leaving) {
            session.fail(new NbdTimeoutException(
                    "a request got no reply within %d ms, and neither did it leave its buffer for as long again"
                            .formatted(timeoutNanos / 1_000_000)));
        }
    }

    /** Gives a request up and throws, if it can be given up now. */
    private void leave(Request request, boolean interrupted) throws IOException {
        String what = wording.describe(request.command, request.offset, request.affected());
        switch (request.leave()) {
            case COMPLETE -> {}
            case GONE -> {
                reading.wakeReader();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException(what + " was interrupted");
                }
                throw new NbdTimeoutException(what + " got no reply within " + timeoutNanos / 1_000_000 + " ms");
            }
            case IN_USE -> {
                if (callersRead) {
                    // To wait for the buffers would be to wait without reading for the others.
                    session.fail(
                            interrupted
                                    ? new ClosedByInterruptException()
                                    : new NbdTimeoutException(
                                            what + " got no reply within " + timeoutNanos / 1_000_000 + " ms"));
                }
            }
        }
    }

    private void take(Request request) throws IOException {
        if (FlightRecorder.isInitialized()) {
            SlowRequestEvent.emit(request, name);
        }
        Throwable cause = request.failure;
        long error = request.errorValue;
        if (cause == null && error == 0) {
            inFlight.release(request);
            return;
        }
        String what = wording.describe(request.command, request.offset, request.affected());
        String text = request.errorText;
        long errorOffset = request.errorOffset;
        inFlight.release(request);
        if (cause == null) {
            throw new NbdCommandException(what, error, text, errorOffset);
        }
        if (Thread.currentThread().isInterrupted()) {
            var interrupt = new InterruptedIOException(what + " was interrupted: " + Wording.reason(cause));
            interrupt.initCause(cause);
            throw interrupt;
        }
        throw wording.failed(what, cause);
    }
}
