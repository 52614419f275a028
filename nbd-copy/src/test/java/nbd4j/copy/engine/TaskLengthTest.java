// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TaskLengthTest {
    private static final int USUAL = 1 << 20;
    private static final int LONGEST = 4 << 20;

    private long now = 5;
    private final TaskLength length = new TaskLength(USUAL, LONGEST, () -> now);

    private void pass(long bytes) {
        for (long left = bytes; left > 0; left -= USUAL) {
            length.count(USUAL);
        }
    }

    @Test
    void beginsAsUsual() {
        assertThat(length.longest()).isEqualTo(USUAL);

        pass(TaskLength.LOOK - USUAL);

        assertThat(length.longest()).isEqualTo(USUAL);
    }

    @Test
    void isLongWhereMuchPassesInASecond() {
        now += TaskLength.QUICK_NANOS;
        pass(TaskLength.LOOK);

        assertThat(length.longest()).isEqualTo(LONGEST);
    }

    @Test
    void staysUsualWhereLessPasses() {
        now += TaskLength.QUICK_NANOS + 1;
        pass(TaskLength.LOOK);

        assertThat(length.longest()).isEqualTo(USUAL);
    }

    @Test
    void isUsualAgainWhereTheEndsGetSlow() {
        pass(TaskLength.LOOK);
        now += TaskLength.QUICK_NANOS + 1;
        pass(TaskLength.LOOK - USUAL);
        assertThat(length.longest()).isEqualTo(LONGEST);

        pass(USUAL);
        assertThat(length.longest()).isEqualTo(USUAL);

        pass(TaskLength.LOOK);
        assertThat(length.longest()).isEqualTo(LONGEST);
    }
}
