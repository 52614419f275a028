// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps finished replies of one connection back, to send them in another order. Entered by request threads. */
final class ReplyHold {
    private static final Logger LOG = LoggerFactory.getLogger(ReplyHold.class);

    private final Outbox outbox;
    private final CountDownLatch ended;
    private final ReentrantLock lock = new ReentrantLock();
    private final Random random = new Random(1);
    private List<ByteBuffer> held = new ArrayList<>(); // guarded by lock

    ReplyHold(Outbox outbox, CountDownLatch ended) {
        this.outbox = outbox;
        this.ended = ended;
    }

    void add(ByteBuffer reply, Fault.Hold how) throws IOException {
        List<ByteBuffer> due = List.of();
        lock.lock();
        try {
            held.add(reply);
            if (held.size() >= how.count()) {
                due = take(how.order());
            } else if (held.size() == 1) {
                var group = held;
                Thread.ofVirtual().name("nbd-server-hold").start(() -> releaseLate(group, how));
            }
        } finally {
            lock.unlock();
        }
        send(due);
    }

    private List<ByteBuffer> take(Fault.Order order) {
        var due = held;
        held = new ArrayList<>();
        if (order == Fault.Order.REVERSED) {
            Collections.reverse(due);
        } else {
            Collections.shuffle(due, random);
        }
        return due;
    }

    /** Sends a group that did not become full in time. */
    private void releaseLate(List<ByteBuffer> group, Fault.Hold how) {
        try {
            if (ended.await(how.limit().toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
            List<ByteBuffer> due = List.of();
            lock.lock();
            try {
                if (isCurrent(group)) {
                    due = take(how.order());
                }
            } finally {
                lock.unlock();
            }
            send(due);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } catch (IOException lost) {
            LOG.debug("held replies not sent", lost);
        }
    }

    private void send(List<ByteBuffer> replies) throws IOException {
        for (var reply : replies) {
            outbox.send(reply);
        }
    }

    @SuppressWarnings("ReferenceEquality") // Two groups of equal replies are not the same group.
    private boolean isCurrent(List<ByteBuffer> group) {
        return group == held;
    }
}
