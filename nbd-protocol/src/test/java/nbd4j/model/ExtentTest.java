// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExtentTest {
    /** Whether a hole reads as zeroes is said by another bit, and bits of the future say nothing about either. */
    @Test
    void mc18_eachQuestionLooksAtItsOwnBit_bs11() {
        for (long unknown : new long[] {0, 0xFFFF_FFFCL, 1L << 40, Long.MIN_VALUE}) {
            for (int bits = 0; bits < 4; bits++) {
                var extent = new Extent(0, 1, unknown | bits);
                assertThat(extent.hole()).as("flags %x", extent.flags()).isEqualTo(bits % 2 == 1);
                assertThat(extent.zero()).as("flags %x", extent.flags()).isEqualTo(bits >= 2);
            }
        }
    }
}
