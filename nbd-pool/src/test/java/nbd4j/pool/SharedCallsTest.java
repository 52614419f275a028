// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import static nbd4j.pool.PoolFixture.await;
import static nbd4j.pool.PoolFixture.awaitTrue;
import static nbd4j.pool.PoolFixture.bytes;
import static nbd4j.pool.PoolFixture.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nbd4j.model.CommandFlag;
import nbd4j.model.Extent;
import nbd4j.model.NbdTimeoutException;
import nbd4j.pool.PoolFixture.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedCallsTest {
    private final PoolFixture fixture = new PoolFixture();
    private final FakeServer server = fixture.server;
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        fixture.close();
    }

    private void holdCalls() {
        server.onCall = (connection, command) -> gate.await(20, TimeUnit.SECONDS);
    }

    @Test
    void passesEveryCommandOn() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1));

        var buffer = bytes(512);
        pool.read(0, buffer);
        pool.readChunks(512, bytes(512), Set.of());
        pool.write(1024, bytes(10), Set.of(CommandFlag.FUA));
        pool.writeZeroes(2048, 100, Set.of(CommandFlag.NO_HOLE));
        pool.trim(4096, 200, Set.of());
        pool.cache(0, 300);
        pool.flush();
        pool.blockStatus(0, 400, Set.of());
        List<Extent> extents = pool.extents("base:allocation", 5, 500);

        assertThat(buffer.hasRemaining()).isFalse();
        assertThat(extents).containsExactly(new Extent(5, 500, 0));
        assertThat(server.connections.getFirst().commands)
                .containsExactly(
                        "read 0 512",
                        "readChunks 512 512",
                        "write 1024 10 [FUA]",
                        "writeZeroes 2048 100 [NO_HOLE]",
                        "trim 4096 200",
                        "cache 0 300",
                        "flush",
                        "blockStatus 0 400",
                        "extents base:allocation 5 500");
    }

    @Test
    void picksTheConnectionWithTheFewestBytesOutstanding() throws Exception {
        var seen = new CopyOnWriteArrayList<Integer>();
        server.onCall = (connection, command) -> {
            seen.add(connection.number);
            gate.await(20, TimeUnit.SECONDS);
        };
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(2));
        var calls = new ArrayList<Task<Void>>();
        // 1 MiB on one connection weighs as much as 16 of 64 KiB on the other.
        for (int call = 0; call < 17; call++) {
            int length = call == 0 ? 1 << 20 : 1 << 16;
            calls.add(start(() -> {
                pool.read(0, bytes(length));
                return null;
            }));
            int expected = call + 1;
            awaitTrue(seen::size, size -> size == expected);
        }

        int first = seen.getFirst();
        assertThat(seen.subList(1, 17)).doesNotContain(first);
        assertThat(pool.stats().outstandingBytes()).isEqualTo((1 << 20) + 16 * (1 << 16));
        gate.countDown();
        for (Task<Void> call : calls) {
            call.result();
        }
        assertThat(pool.stats().outstandingBytes()).isZero();
    }

    @Test
    void letsNoMoreCallsIntoAConnectionThanItsDepthAndServesTheOthersInOrder() throws Exception {
        holdCalls();
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1).withDepth(2));
        var order = new CopyOnWriteArrayList<Integer>();
        var calls = new ArrayList<Task<Void>>();
        for (int number = 0; number < 10; number++) {
            int call = number;
            calls.add(start(() -> {
                pool.read(call, bytes(1));
                order.add(call);
                return null;
            }));
            await(pool, stats -> stats.inFlight() + stats.waiting() == call + 1);
        }
        assertThat(pool.stats().inFlight()).isEqualTo(2);
        assertThat(pool.stats().waiting()).isEqualTo(8);

        gate.countDown();
        for (Task<Void> call : calls) {
            call.result();
        }
        assertThat(server.connections.getFirst().commands.subList(2, 10))
                .as("those that waited, in the order in which they came")
                .hasSize(8);
        assertThat(order).hasSize(10);
    }

    /** F-P04. */
    @Test
    void saysHowThingsStandWhenTheWaitIsOver() throws Exception {
        holdCalls();
        NbdPool pool = fixture.openComplete(
                fixture.options().withConnections(1).withDepth(1).withWaitLimit(Duration.ofSeconds(3)));
        var holder = start(() -> {
            pool.read(0, bytes(1));
            return null;
        });
        await(pool, stats -> stats.inFlight() == 1);
        var late = start(() -> {
            pool.read(0, bytes(1));
            return null;
        });
        await(pool, stats -> stats.waiting() == 1);

        fixture.time.advance(Duration.ofMillis(2_999));
        assertThat(pool.stats().waiting()).isOne();
        fixture.time.advance(Duration.ofMillis(1));

        assertThatThrownBy(late::result)
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessage("nbd://fake: no connection for a call within PT3S: 1 wished for, 1 live, 0 leased, 0 being"
                        + " dialled, 1 calls in flight, 1 callers waiting");
        assertThat(pool.stats().waiting()).isZero();
        gate.countDown();
        holder.result();
        pool.read(0, bytes(1));
        assertThat(pool.stats().waitLatency().maximum()).isEqualTo(Duration.ofSeconds(3));
    }

    /** F-P04. */
    @Test
    void anInterruptedWaiterLeavesNothingBehind() throws Exception {
        holdCalls();
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1).withDepth(1));
        var holder = start(() -> {
            pool.read(0, bytes(1));
            return null;
        });
        await(pool, stats -> stats.inFlight() == 1);
        var waiter = start(() -> {
            try {
                pool.read(0, bytes(1));
                return "served";
            } catch (InterruptedIOException e) {
                return Thread.currentThread().isInterrupted() ? "interrupted" : "interrupt forgotten";
            }
        });
        await(pool, stats -> stats.waiting() == 1);
        waiter.thread().interrupt();

        assertThat(waiter.result()).isEqualTo("interrupted");
        gate.countDown();
        holder.result();
        pool.read(0, bytes(1));
        assertThat(pool.stats()).matches(stats -> stats.inFlight() == 0 && stats.waiting() == 0);
    }

    /** F-P04: whatever is thrown, the share is given back. */
    @Test
    void givesTheShareBackWhateverIsThrown() throws Exception {
        NbdPool pool = fixture.openComplete(fixture.options().withConnections(1).withDepth(1));
        List<Throwable> thrown =
                List.of(new IllegalArgumentException("range"), new OutOfMemoryError("none left"), new AssertionError());
        for (Throwable failure : thrown) {
            server.onCall = (connection, command) -> {
                throw PoolFixture.<RuntimeException>sneaky(failure);
            };
            assertThatThrownBy(() -> pool.read(0, bytes(1))).isSameAs(failure);
        }
        server.onCall = (connection, command) -> {};

        pool.read(0, bytes(1));
        assertThat(pool.stats()).matches(stats -> stats.inFlight() == 0 && stats.live() == 1 && stats.failures() == 3);
    }
}
