// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A buffer between guard bytes, so that a byte stored in the wrong place shows. */
final class Guarded {
    private static final int GUARD = 64;
    private static final byte GUARD_BYTE = (byte) 0xA5;
    /** What the buffer holds at first. */
    private static final byte STALE = 0x77;

    private final ByteBuffer all;
    private final int length;

    Guarded(int length, boolean direct) {
        int size = length + 2 * GUARD;
        this.length = length;
        all = direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
        for (int i = 0; i < size; i++) {
            all.put(i, i < GUARD || i >= GUARD + length ? GUARD_BYTE : STALE);
        }
        all.position(GUARD).limit(GUARD + length);
    }

    /** Returns the buffer as a caller hands it over: its position is not 0, its limit not its capacity. */
    ByteBuffer buffer() {
        return all;
    }

    byte[] bytes() {
        byte[] bytes = new byte[length];
        all.duplicate().clear().position(GUARD).get(bytes);
        return bytes;
    }

    void assertGuards() {
        assertThat(all.limit()).as("the buffer's limit").isEqualTo(GUARD + length);
        for (int i = 0; i < GUARD; i++) {
            assertThat(all.duplicate().clear().get(i)).as("guard before").isEqualTo(GUARD_BYTE);
            assertThat(all.duplicate().clear().get(GUARD + length + i))
                    .as("guard behind")
                    .isEqualTo(GUARD_BYTE);
        }
    }

    /** Asserts that no byte was stored. */
    void assertUntouched() {
        byte[] stale = new byte[length];
        Arrays.fill(stale, STALE);
        assertThat(bytes()).isEqualTo(stale);
    }
}
