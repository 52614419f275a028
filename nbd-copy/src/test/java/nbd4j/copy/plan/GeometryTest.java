// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import nbd4j.model.BlockSizes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeometryTest {
    @ParameterizedTest
    @CsvSource({
        // source min, preferred, max | target min, preferred, max | memory | minimum request zeroes sparse
        "1,    4096,     33554432, 1,    4096,     33554432, 67108864, 1,     262144,   4096,     4096",
        "1,    4096,     33554432, 4096, 4096,     33554432, 67108864, 4096,  262144,   4096,     4096",
        "4096, 4096,     33554432, 512,  4096,     33554432, 67108864, 4096,  262144,   4096,     4096",
        "1,    4096,     65536,    1,    4096,     33554432, 67108864, 1,     65536,    4096,     4096",
        "1,    4096,     33554432, 1,    4096,     65536,    67108864, 1,     65536,    4096,     4096",
        "1,    33554432, 33554432, 1,    4096,     33554432, 67108864, 1,     33554432, 4096,     4096",
        "1,    4096,     33554432, 1,    33554432, 33554432, 67108864, 1,     33554432, 33554432, 33554432",
        "1,    4096,     33554432, 1,    33554432, 33554432, 16777216, 1,     16777216, 16777216, 16777216",
        "1,    67108864, 67108864, 1,    4096,     33554432, 67108864, 1,     33554432, 4096,     4096",
        "1,    4096,     100000,   1,    4096,     33554432, 67108864, 1,     65536,    4096,     4096",
        "1,    512,      4096,     65536,65536,    65536,    67108864, 65536, 65536,    65536,    65536",
        "1,    4096,     33554432, 1,    4096,     33554432, 5000,     1,     4096,     4096,     4096"
    })
    void settlesTheSizesOfBothEnds(
            int sourceMinimum,
            long sourcePreferred,
            long sourceMaximum,
            int targetMinimum,
            long targetPreferred,
            long targetMaximum,
            long memory,
            int minimum,
            int request,
            int zeroes,
            int sparse) {
        var source = new BlockSizes(sourceMinimum, sourcePreferred, sourceMaximum);
        var target = new BlockSizes(targetMinimum, targetPreferred, targetMaximum);

        assertThat(Geometry.of(source, target, 256 << 10, memory, 4096))
                .isEqualTo(new Geometry(minimum, request, zeroes, sparse));
    }

    @Test
    void searchesNoZeroesWhereNoneAreWanted() {
        assertThat(Geometry.of(BlockSizes.UNADVERTISED, BlockSizes.UNADVERTISED, 65536, 1 << 26, 0)
                        .sparse())
                .isZero();
    }

    @Test
    void refusesATailThatCannotBeAddressed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Geometry.requireAddressable("source", 33_554_433, 4096))
                .withMessage("source: the size of 33554433 bytes is not a multiple of the minimum block size 4096;"
                        + " the last 1 bytes cannot be addressed");
        assertThatNoException().isThrownBy(() -> Geometry.requireAddressable("source", 33_554_433, 1));
        assertThatNoException().isThrownBy(() -> Geometry.requireAddressable("source", 0, 4096));
    }
}
