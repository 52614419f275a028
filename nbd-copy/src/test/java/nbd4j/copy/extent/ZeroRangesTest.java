// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.extent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import org.junit.jupiter.api.Test;

class ZeroRangesTest {
    private static final long DATA = 0;
    private static final long HOLE = MetaContext.STATE_HOLE;
    private static final long ZERO = MetaContext.STATE_ZERO;

    @Test
    void joinsZeroesThatTouch() {
        var builder = new ZeroRanges.Builder(100, 100);

        builder.add(List.of(new Extent(100, 10, ZERO), new Extent(110, 10, HOLE | ZERO), new Extent(120, 80, DATA)));

        assertThat(shown(builder.build())).isEqualTo("100-120 ");
    }

    @Test
    void readsAHoleThatIsNotSaidToBeZero() {
        var builder = new ZeroRanges.Builder(0, 100);

        builder.add(List.of(new Extent(0, 50, HOLE), new Extent(50, 50, ZERO)));

        assertThat(shown(builder.build())).isEqualTo("50-100 ");
    }

    @Test
    void cutsWhatLiesBeyondTheRange() {
        var builder = new ZeroRanges.Builder(100, 100);

        builder.add(List.of(new Extent(0, 1000, ZERO)));

        assertThat(builder.covered()).isEqualTo(200);
        assertThat(shown(builder.build())).isEqualTo("100-200 ");
    }

    @Test
    void takesAShortAnswerUpToWhereItEnds() {
        var builder = new ZeroRanges.Builder(0, 100);

        assertThat(builder.add(List.of(new Extent(0, 30, ZERO)))).isTrue();
        assertThat(builder.covered()).isEqualTo(30);
        assertThat(builder.add(List.of(new Extent(30, 70, ZERO)))).isTrue();
        assertThat(shown(builder.build())).isEqualTo("0-100 ");
    }

    @Test
    void stopsBelievingAtAGap() {
        var builder = new ZeroRanges.Builder(0, 100);

        builder.add(List.of(new Extent(0, 10, ZERO), new Extent(20, 80, ZERO)));

        assertThat(builder.covered()).isEqualTo(10);
        assertThat(shown(builder.build())).isEqualTo("0-10 ");
    }

    @Test
    void saysWhenAnAnswerBringsNothing() {
        var builder = new ZeroRanges.Builder(100, 100);

        assertThat(builder.add(List.of())).isFalse();
        assertThat(builder.add(List.of(new Extent(0, 100, ZERO)))).isFalse();
        assertThat(builder.add(List.of(new Extent(150, 50, ZERO)))).isFalse();
        assertThat(builder.build().count()).isZero();
    }

    private static String shown(ZeroRanges ranges) {
        var text = new StringBuilder();
        for (int index = 0; index < ranges.count(); index++) {
            text.append(ranges.start(index))
                    .append('-')
                    .append(ranges.end(index))
                    .append(' ');
        }
        return text.toString();
    }
}
