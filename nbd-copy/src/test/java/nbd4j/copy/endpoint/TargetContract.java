// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What every target that can be written anywhere keeps. */
interface TargetContract {
    int SIZE = 200_000;

    /** Opens a target that takes {@link #SIZE} bytes. */
    Target open() throws Exception;

    /** Returns what arrived, after the target was finished and closed. */
    byte[] arrived() throws Exception;

    @Test
    default void takesWritesAnywhereAndKeepsThem() throws Exception {
        byte[] content = SourceContract.content();
        try (Target target = open()) {
            target.begin(OptionalLong.of(SIZE));
            for (int at : new int[] {150_000, 0, 50_000, 199_999, 100_000}) {
                ByteBuffer from = at % 100_000 == 0 ? ByteBuffer.allocateDirect(60_000) : ByteBuffer.allocate(60_000);
                int length = at == 199_999 ? 1 : Math.min(50_000, 199_999 - at);
                from.position(7).put(content, at, length).flip().position(7);
                target.write(at, from);
                assertThat(from.hasRemaining()).isFalse();
            }
            if (target.canFlush()) {
                target.flush();
            }
            target.finish(SIZE);
        }

        assertThat(arrived()).isEqualTo(content);
    }

    @Test
    default void zeroesOrSaysThatItCannot() throws Exception {
        for (ZeroMode mode : ZeroMode.values()) {
            byte[] expected = new byte[SIZE];
            try (Target target = open()) {
                target.begin(OptionalLong.of(SIZE));
                byte[] ones = new byte[SIZE];
                Arrays.fill(ones, (byte) 1);
                target.write(0, ByteBuffer.wrap(ones));
                boolean zeroed = target.zero(4096, 100_000, mode);
                assertThat(zeroed && !target.canZero()).isFalse();
                Arrays.fill(expected, (byte) 1);
                if (zeroed) {
                    Arrays.fill(expected, 4096, 104_096, (byte) 0);
                }
                target.finish(SIZE);
            }
            assertThat(arrived()).isEqualTo(expected);
        }
    }

    @Test
    default void readsAsZeroesWhereNothingWasWrittenIfItSaysSo() throws Exception {
        boolean zeroAlready;
        try (Target target = open()) {
            target.begin(OptionalLong.of(SIZE));
            zeroAlready = target.isZeroAlready();
            target.finish(SIZE);
        }
        if (zeroAlready) {
            assertThat(arrived()).isEqualTo(new byte[SIZE]);
        }
        assertThat(arrived()).hasSize(SIZE);
    }

    @Test
    default void isClosedTwice() throws Exception {
        Target target = open();
        target.close();
        target.close();
    }
}
