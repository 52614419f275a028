// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.util.concurrent.locks.LockSupport;
import nbd4j.model.NbdTimeoutException;
import nbd4j.transport.Transport;

/**
 * Ends a session whose server is silent while requests are outstanding (and takes nothing of what is being sent), and, where callers do their own reading, one in
 * which a request has timed out. A virtual thread that sleeps nearly always; it ends with the session.
 */
final class Silence {
    /** How often in a limit to look. A limit is overrun by at most this part of it. */
    private static final int LOOKS = 8;
    /** Shortest and longest time between looks, in nanoseconds: 5 ms and 1 s. */
    private static final long SHORTEST = 5_000_000L;

    private static final long LONGEST = 1_000_000_000L;

    private final Session session;
    private final InFlight inFlight;
    private final Counters counters;
    private final Transport transport;
    private final long silenceNanos;
    private final long requestNanos;
    private final long periodNanos;
    /** What was sent when it was last looked, and when that grew. */
    private long sent;

    private long sentNanos = System.nanoTime();

    private Silence(
            Session session, InFlight inFlight, Counters counters, Transport transport, SessionOptions options) {
        this.transport = transport;
        this.session = session;
        this.inFlight = inFlight;
        this.counters = counters;
        silenceNanos = options.silenceTimeout().toNanos();
        // With threads of the session's own, each caller looks after its request itself.
        requestNanos = options.ownThreads() ? 0 : options.requestTimeout().toNanos();
        long shorter = Math.min(
                silenceNanos == 0 ? Long.MAX_VALUE : silenceNanos, requestNanos == 0 ? Long.MAX_VALUE : requestNanos);
        periodNanos = Math.clamp(shorter / LOOKS, SHORTEST, LONGEST);
    }

    static void watch(
            Session session, InFlight inFlight, Counters counters, Transport transport, SessionOptions options) {
        var silence = new Silence(session, inFlight, counters, transport, options);
        if (silence.silenceNanos > 0 || silence.requestNanos > 0) {
            Thread.ofVirtual().name("nbd-silence").start(silence::run);
        }
    }

    private void run() {
        while (!session.hasFailed()) {
            LockSupport.parkNanos(this, periodNanos);
            look();
        }
    }

    private void look() {
        long now = System.nanoTime();
        if (transport.bytesSent() != sent) {
            sent = transport.bytesSent();
            sentNanos = now;
        }
        if (inFlight.count() == 0) {
            return;
        }
        long oldest = oldestAge(now);
        long silent = Math.min(oldest, Math.min(now - counters.lastByteNanos(), now - sentNanos));
        if (silenceNanos > 0 && silent >= silenceNanos) {
            session.fail(new NbdTimeoutException("the server sent nothing for %d ms while %d requests were outstanding"
                    .formatted(silent / 1_000_000, inFlight.count())));
        } else if (requestNanos > 0 && oldest >= requestNanos) {
            session.fail(
                    new NbdTimeoutException("a request got no reply within %d ms".formatted(requestNanos / 1_000_000)));
        }
    }

    private long oldestAge(long now) {
        long oldest = 0;
        for (int slot = 0; slot < inFlight.capacity(); slot++) {
            Request request = inFlight.inSlot(slot);
            if (request != null && request.isSubmitted()) {
                oldest = Math.max(oldest, now - request.submittedNanos);
            }
        }
        return oldest;
    }
}
