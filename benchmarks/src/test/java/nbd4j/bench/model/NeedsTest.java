// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class NeedsTest {
    /** A tenth of a millisecond of processor for a request of a million bytes, and no waiting but the latency. */
    private static final Costs COSTS = new Costs(0, 0, 0, 1e-10, 0, 0, 1, 1);

    private static final int REQUEST = 1_000_000;

    @Test
    void fillsALinkWithWhatIsOnItsWay() {
        // 8 Gbit/s are a thousand requests a second; 50 of them are under way for 50 ms; each costs 0.1 ms.
        Needs needs = Needs.of(COSTS, 8, 0.05, REQUEST);

        assertThat(needs.inFlight()).isEqualTo(50);
        assertThat(needs.bytesInFlight()).isEqualTo(50_000_000);
        assertThat(needs.cores()).isEqualTo(0.1, within(1e-9));
        assertThat(needs.connections()).isEqualTo(1);
        // Four connections with two requests each are slow at 50 ms, and double to 16 each.
        assertThat(needs.partByDefault()).isEqualTo(1);
    }

    @Test
    void saysHowFarTheDefaultsGo() {
        Needs needs = Needs.of(COSTS, 80, 0.05, REQUEST);

        assertThat(needs.bytesInFlight()).isEqualTo(500_000_000);
        assertThat(needs.partByDefault()).isEqualTo(64_000_000.0 / 500_000_000, within(1e-9));
        assertThat(Needs.of(COSTS, 160, 0.001, REQUEST).connections()).isEqualTo(2);
    }

    @Test
    void copiesAsManyDisksAtOnceAsFillTheLink() {
        // A copy has 64 requests of a MiB in flight, each for 64 ms: about a thousand a second, 8.4 Gbit/s of 84.
        int mebibyte = 1 << 20;
        double gigabits = 10 * 8 * 1000.0 * mebibyte / 1e9;
        Fleet fleet = Fleet.of(COSTS, 1000, 64L << 30, gigabits, 0.064, mebibyte, 100 << 20);

        assertThat(fleet.atOnce()).isEqualTo(11);
        assertThat(fleet.seconds()).isEqualTo(1000 * 65.536 / 10, within(100.0));
        assertThat(fleet.memory()).isEqualTo(11.0 * (100 << 20));
    }
}
