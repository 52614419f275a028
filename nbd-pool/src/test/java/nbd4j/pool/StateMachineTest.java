// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import nbd4j.model.TransmissionFlags;
import nbd4j.pool.PoolFixture.Task;
import org.junit.jupiter.api.Test;

/**
 * PBT-11: borrowing, returning, calling, flushing, dying, interrupting, refusing, closing and aborting, in random order,
 * against a model
 * that knows who holds what. After each step the pool's numbers are the model's; at the end nothing is left over.
 */
class StateMachineTest {
    private static final int RUNS = 300;
    private static final int MOST_STEPS = 200;
    private static final Duration LONG = Duration.ofDays(365);

    @Test
    void keepsItsCountsWhateverHappens() {
        long seed = Long.getLong("nbd4j.seed", System.nanoTime());
        for (int run = 0; run < RUNS; run++) {
            try {
                new Run(new Random(seed + run)).play();
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "run %d failed; begin with it by -Dnbd4j.seed=%d".formatted(run, seed + run), e);
            }
        }
    }

    private enum State {
        WAITS,
        HOLDS,
        DONE
    }

    private enum Kind {
        LEASE,
        READ,
        FLUSH
    }

    /** Somebody who waits for a lease or for a share of a connection, then holds it, then is done. */
    private static final class Holder {
        final Kind kind;
        final CountDownLatch release = new CountDownLatch(1);
        volatile State state = State.WAITS;

        Holder(Kind kind) {
            this.kind = kind;
        }

        void hold() throws InterruptedException {
            state = State.HOLDS;
            release.await();
        }
    }

    /** What the pool says, beside what the model says. */
    private record Seen(PoolStats stats, long leases, long shares, long flushes, long waiting, long leaving) {
        boolean agree(int slots) {
            return leaving == 0
                    && stats.leased() == leases
                    && stats.inFlight() == shares
                    && flushes <= 1
                    && stats.waiting() == waiting
                    && stats.live() <= slots
                    && !waitsInVain();
        }

        private boolean waitsInVain() {
            return stats.waiting() > 0 && stats.leased() == 0 && stats.inFlight() == 0 && stats.live() > 0;
        }
    }

    private static final class Run {
        private final Random random;
        private final PoolFixture fixture = new PoolFixture();
        private final Map<Thread, Holder> callers = new ConcurrentHashMap<>();
        private final Map<Holder, Task<Boolean>> holders = new ConcurrentHashMap<>();
        private final NbdPool pool;
        private final int slots;
        private final List<Task<Void>> closers = new ArrayList<>();
        private boolean ended;

        Run(Random random) throws IOException {
            this.random = random;
            boolean multi = random.nextInt(4) > 0;
            fixture.server.export = FakeServer.export(
                    FakeServer.SIZE, multi ? FakeServer.FLAGS : FakeServer.FLAGS & ~TransmissionFlags.CAN_MULTI_CONN);
            fixture.server.onCall = (connection, command) -> {
                Holder holder = callers.get(Thread.currentThread());
                if (holder != null) {
                    holder.hold();
                }
            };
            int wished = 1 + random.nextInt(4);
            slots = multi ? wished : 1;
            pool = fixture.open(fixture.options()
                    .withConnections(wished)
                    .withDepth(1 + random.nextInt(3))
                    .withWaitLimit(LONG)
                    .withUpkeep(Upkeep.defaults()
                            .withKeepAlive(random.nextBoolean() ? Duration.ZERO : Duration.ofSeconds(30))
                            .withMaximumAge(random.nextBoolean() ? Duration.ZERO : Duration.ofMinutes(2))
                            .withLeakAfter(Duration.ofMinutes(1))));
        }

        void play() throws Exception {
            try {
                int steps = 1 + random.nextInt(MOST_STEPS);
                for (int step = 0; step < steps; step++) {
                    act();
                    holders.keySet().removeIf(holder -> holder.state == State.DONE);
                    awaitTrue(this::see, seen -> seen.agree(slots));
                }
                end();
            } finally {
                holders.keySet().forEach(holder -> holder.release.countDown());
                fixture.close();
            }
        }

        private void act() {
            switch (random.nextInt(12)) {
                case 0, 1 -> enter(new Holder(Kind.LEASE));
                case 2, 3 -> enter(new Holder(Kind.READ));
                case 4 -> enter(new Holder(random.nextBoolean() ? Kind.READ : Kind.FLUSH));
                case 5, 6, 7 -> withSome(List.copyOf(holders.keySet()), holder -> holder.release.countDown());
                case 8 ->
                    withSome(
                            List.copyOf(holders.values()), task -> task.thread().interrupt());
                case 9 -> withSome(fixture.server.open(), FakeConnection::die);
                case 10 -> serve(random.nextInt(3) > 0);
                default -> fixture.time.advance(Duration.ofMillis(random.nextInt(20_000)));
            }
            switch (random.nextInt(800)) {
                case 0 -> {
                    ended = true;
                    pool.abort();
                }
                case 1, 2 -> {
                    ended = true;
                    closers.add(start(() -> {
                        pool.close();
                        return null;
                    }));
                }
                default -> {}
            }
        }

        private <T> void withSome(List<T> all, Consumer<T> what) {
            if (!all.isEmpty()) {
                what.accept(all.get(random.nextInt(all.size())));
            }
        }

        private void serve(boolean up) {
            fixture.server.onDial = attempt -> {
                if (!up) {
                    throw new ConnectException("Connection refused");
                }
            };
        }

        private void enter(Holder holder) {
            holders.put(holder, start(() -> {
                try {
                    if (holder.kind == Kind.LEASE) {
                        borrow(holder);
                    } else {
                        call(holder);
                    }
                    return true;
                } catch (IOException | InterruptedException e) {
                    return false;
                } finally {
                    holder.state = State.DONE;
                }
            }));
        }

        private void borrow(Holder holder) throws IOException, InterruptedException {
            try (Lease lease = pool.lease(LONG)) {
                assertThat(lease.pooled()).isNotNull();
                holder.hold();
            }
        }

        private void call(Holder holder) throws IOException {
            callers.put(Thread.currentThread(), holder);
            try {
                if (holder.kind == Kind.FLUSH) {
                    pool.flush();
                } else {
                    pool.read(0, bytes(1 + (holder.hashCode() & 0xff)));
                }
            } finally {
                callers.remove(Thread.currentThread());
            }
        }

        private Seen see() {
            return new Seen(
                    pool.stats(),
                    count(Kind.LEASE, State.HOLDS),
                    count(Kind.READ, State.HOLDS) + count(Kind.FLUSH, State.HOLDS),
                    count(Kind.FLUSH, State.HOLDS),
                    count(Kind.LEASE, State.WAITS) + count(Kind.READ, State.WAITS) + count(Kind.FLUSH, State.WAITS),
                    holders.keySet().stream()
                            .filter(holder -> holder.release.getCount() == 0 && holder.state == State.HOLDS)
                            .count());
        }

        private long count(Kind kind, State state) {
            return holders.keySet().stream()
                    .filter(holder -> holder.kind == kind && holder.state == state)
                    .count();
        }

        private void end() throws Exception {
            serve(true);
            holders.keySet().forEach(holder -> holder.release.countDown());
            for (Task<Boolean> task : holders.values()) {
                awaitTrue(task.task()::isDone, this::passTime);
            }
            for (Task<Void> closer : closers) {
                awaitTrue(closer.task()::isDone, this::passTime);
                closer.result();
            }
            if (!ended) {
                awaitTrue(pool::stats, stats -> passTime(stats.live() == slots && stats.inFlight() == 0));
                borrowEverything();
                pool.close();
            }
            awaitTrue(fixture.server::open, List::isEmpty);
            assertThat(pool.stats())
                    .matches(stats -> stats.live() == 0
                            && stats.leased() == 0
                            && stats.inFlight() == 0
                            && stats.waiting() == 0
                            && stats.outstandingBytes() == 0);
        }

        private boolean passTime(boolean reached) {
            if (!reached) {
                fixture.time.advance(Duration.ofSeconds(1));
            }
            return reached;
        }

        /** No permit was lost: each connection can be had. */
        private void borrowEverything() throws Exception {
            var leases = new ArrayList<Lease>();
            for (int slot = 0; slot < slots; slot++) {
                var lease = start(() -> pool.lease(LONG));
                awaitTrue(lease.task()::isDone, this::passTime);
                leases.add(lease.result());
            }
            assertThat(pool.stats().leased()).isEqualTo(slots);
            leases.forEach(Lease::close);
        }
    }
}
