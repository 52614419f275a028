// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What went over the wire. The sender writes its counts under its lock and the receiver under its own, so that adding
 * needs no atomic step; any thread reads.
 */
public final class Counters {
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong bytesSent = new AtomicLong();
    private final AtomicLong payloadSent = new AtomicLong();
    private final AtomicLong bytesReceived = new AtomicLong();
    private final AtomicLong payloadReceived = new AtomicLong();
    private final AtomicLong chunks = new AtomicLong();
    private final AtomicLong lastByteNanos = new AtomicLong(System.nanoTime());

    private static void add(AtomicLong count, long more) {
        count.setRelease(count.getPlain() + more);
    }

    void requests(int more) {
        add(requests, more);
    }

    void sent(long bytes) {
        add(bytesSent, bytes);
    }

    void payloadSent(long bytes) {
        add(payloadSent, bytes);
    }

    void received(long bytes) {
        add(bytesReceived, bytes);
        lastByteNanos.setRelease(System.nanoTime());
    }

    void payloadReceived(long bytes) {
        add(payloadReceived, bytes);
    }

    void chunk() {
        add(chunks, 1);
    }

    /** Returns how many requests were sent, DISC not counted. */
    public long requests() {
        return requests.get();
    }

    /** Returns how many bytes were sent in the transmission phase. */
    public long bytesSent() {
        return bytesSent.get();
    }

    /** Returns how many bytes of write payload were sent. */
    public long payloadSent() {
        return payloadSent.get();
    }

    /** Returns how many bytes were received in the transmission phase. */
    public long bytesReceived() {
        return bytesReceived.get();
    }

    /** Returns how many bytes of read payload were received; holes are not counted. */
    public long payloadReceived() {
        return payloadReceived.get();
    }

    /** Returns how many replies and chunks were received. */
    public long chunks() {
        return chunks.get();
    }

    /** Returns when the last byte arrived, as {@link System#nanoTime}. */
    long lastByteNanos() {
        return lastByteNanos.getAcquire();
    }
}
