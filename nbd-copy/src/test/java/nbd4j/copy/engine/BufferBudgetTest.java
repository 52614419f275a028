// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BufferBudgetTest {
    private static final int SIZE = 4096;

    @Test
    void givesNoMoreThanItHas() throws Exception {
        var budget = new BufferBudget(2 * SIZE);
        ByteBuffer first = budget.acquire(SIZE);
        ByteBuffer second = budget.tryAcquire(SIZE);

        assertThat(second).isNotNull().isNotSameAs(first);
        assertThat(budget.tryAcquire(SIZE)).isNull();

        budget.release(first);
        assertThat(budget.tryAcquire(SIZE)).isSameAs(first);
    }

    @Test
    void whoHoldsNothingComesBeforeThoseWhoWouldLikeMore() throws Exception {
        var budget = new BufferBudget(SIZE);
        ByteBuffer only = budget.acquire(SIZE);
        var waiter = new FutureTask<>(() -> budget.acquire(SIZE));
        Thread thread = Thread.ofPlatform().start(waiter);
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        budget.release(only);
        // Whether the waiter has been served by now or is about to be, nobody gets a buffer by the side.
        assertThat(budget.tryAcquire(SIZE)).isNull();
        assertThat(waiter.get(20, TimeUnit.SECONDS)).isSameAs(only);
    }

    @Test
    void makesRoomForOtherSizes() throws Exception {
        var budget = new BufferBudget(2 * SIZE);
        budget.release(budget.acquire(SIZE));
        assertThat(budget.acquire(2 * SIZE).capacity()).isEqualTo(2 * SIZE);
    }

    @Test
    void refusesWhatCanNeverFit() {
        var budget = new BufferBudget(SIZE);
        assertThatThrownBy(() -> budget.acquire(SIZE + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a request of 4097 bytes does not fit the memory limit of 4096 bytes");
    }

    @Test
    void buffersBeginAtAPageAndHaveTheSizeThatWasAskedFor() throws Exception {
        var budget = new BufferBudget(1 << 20);
        for (int size : new int[] {1, 1024, 4096, 65_536, 100_000}) {
            ByteBuffer buffer = budget.acquire(size);
            assertThat(buffer.capacity()).isEqualTo(size);
            assertThat(buffer.remaining()).isEqualTo(size);
            assertThat(buffer.alignmentOffset(0, 4096)).isZero();
        }
    }
}
