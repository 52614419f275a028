// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

final class LaneDepthTest {
    private static final int REQUEST = 1 << 20;

    private int hired;

    @Test
    void staysShallowWhereDataComesFast() {
        LaneDepth depth = depth(64, 1000);

        learn(depth, REQUEST, 1_000_000, 1000);

        assertThat(depth.jobs()).isEqualTo(2);
    }

    @Test
    void deepensUntilTheLaneMoves250MegabytesASecond() {
        LaneDepth depth = depth(64, 1000);

        // 20 ms for each MiB, however many are under way: 8 of them are 400 MB/s, 4 are 200 MB/s.
        learn(depth, REQUEST, 20_000_000, 1000);

        assertThat(depth.jobs()).isEqualTo(8);
    }

    @Test
    void deepensAtOnceAsFarAsTheFastestOfARoundWants() {
        LaneDepth depth = depth(64, 1000);

        // 250 MB/s with 100 ms for each MiB is 24 of them under way, with 50 ms 12.
        learn(depth, REQUEST, 100_000_000, 1);
        learn(depth, REQUEST, 50_000_000, 1);

        assertThat(depth.jobs()).isEqualTo(11);
    }

    @Test
    void onlyDoublesWhereAJobWasHeldUpALittle() {
        LaneDepth depth = depth(64, 1000);

        learn(depth, REQUEST, 33_000_000, 2);

        assertThat(depth.jobs()).isEqualTo(4);
    }

    @Test
    void deepensForShortJobsThatAreFarAway() {
        LaneDepth depth = depth(64, 1000);

        learn(depth, 16 << 10, 5_000_000, 1000);

        // 19 at once, which are not quite enough, then twice as many.
        assertThat(depth.jobs()).isEqualTo(38);
    }

    @Test
    void goesNoDeeperThanItMayOrThanAllLanesTogether() {
        LaneDepth limited = depth(5, 1000);
        learn(limited, REQUEST, 1_000_000_000, 1000);
        assertThat(limited.jobs()).isEqualTo(5);

        LaneDepth sharing = depth(64, 3);
        learn(sharing, REQUEST, 1_000_000_000, 1000);
        assertThat(sharing.jobs()).isEqualTo(4);
    }

    @Test
    void learnsNothingFromZeroesThatAreHandedIn() {
        LaneDepth depth = depth(64, 1000);
        for (int i = 0; i < 1000; i++) {
            depth.learn(new Task(Task.Kind.ZERO, 0, 1 << 30, i), 1_000_000_000);
        }

        assertThat(depth.jobs()).isEqualTo(2);
    }

    @Test
    void wantsAnotherLaneForEachCallThatTakesLong() {
        LaneDepth depth = depth(64, 1000);

        depth.learnCall(9_000_000);
        assertThat(hired).isEqualTo(1);
        depth.learnCall(1_000_000_000);
        assertThat(hired).isEqualTo(2);
    }

    @Test
    void wantsAnotherLaneWhereSeveralCallsInARowTakeALittleLonger() {
        LaneDepth depth = depth(64, 1000);

        for (int i = 0; i < 6; i++) {
            depth.learnCall(4_000_000);
        }

        assertThat(hired).isEqualTo(2);
    }

    @Test
    void takesCallsThatAreHeldUpNowAndThenForQuickOnes() {
        LaneDepth depth = depth(64, 1000);

        for (int i = 0; i < 1000; i++) {
            depth.learnCall(i % 3 == 0 ? 5_000_000 : 3_000_000);
        }

        assertThat(hired).isZero();
    }

    @Test
    void wantsAnotherLaneWhereTheEndIsFarAway() {
        learn(depth(64, 1000), REQUEST, 50_000_000, 2);
        assertThat(hired).as("from 2 to 11 jobs at once").isEqualTo(1);

        hired = 0;
        learn(depth(64, 1000), REQUEST, 40_000_000, 14);
        assertThat(hired).as("2, 9, 18 jobs").isEqualTo(2);
    }

    @Test
    void wantsNoOtherLaneWhereAFewMoreJobsDo() {
        learn(depth(64, 1000), REQUEST, 20_000_000, 1000);

        assertThat(hired).isZero();
    }

    private static void learn(LaneDepth depth, int length, long nanos, int times) {
        for (int i = 0; i < times; i++) {
            depth.learn(new Task(Task.Kind.COPY, 0, length, i), nanos);
        }
    }

    private LaneDepth depth(int most, int permits) {
        return new LaneDepth(true, REQUEST, most, new Semaphore(permits), () -> hired++);
    }
}
