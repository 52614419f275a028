// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The expected texts of one context are what nbdinfo prints. */
final class MapFormatTest {
    private static final List<String> ALLOCATION = List.of("base:allocation");
    private static final List<String> BOTH = List.of("base:allocation", "qemu:dirty-bitmap:b0");
    private static final List<MapRow> SPARSE =
            List.of(row(0, 65_536, 0), row(65_536, 983_040, 3), row(1_048_576, 12_345_678_901L, 9));
    private static final List<MapRow> DIRTY = List.of(
            row(0, 65_536, 0, 1), row(65_536, 65_536, 3, 1), row(131_072, 917_504, 3, 0), row(1_048_576, 1, 0, 1));

    private final StringBuilder out = new StringBuilder();

    @Test
    void writesAMapAsText() throws Exception {
        write(new MapText(out, ALLOCATION, false), SPARSE);

        assertThat(out).hasToString("""
                         0       65536    0  data
                     65536      983040    3  hole,zero
                   1048576  12345678901    9
                """);
    }

    @Test
    void writesSeveralContextsSideBySide() throws Exception {
        write(new MapText(out, BOTH, true), DIRTY);

        assertThat(out).hasToString("""
                         0       65536    0  data         1  dirty
                     65536       65536    3  hole,zero    1  dirty
                    131072      917504    3  hole,zero    0  clean
                   1048576           1    0  data         1  dirty
                """);
    }

    @Test
    void paintsAsNbdinfoDoes() throws Exception {
        write(new MapText(out, ALLOCATION, true), SPARSE.subList(0, 2));

        assertThat(out).hasToString("""
                \u001b[1;30m         0       65536    0  data\u001b[0m
                     65536      983040    3  hole,zero
                """);
    }

    @Test
    void writesAMapAsJson() throws Exception {
        write(new MapJson(out, ALLOCATION), SPARSE);

        assertThat(out).hasToString("""
                [
                { "offset": 0, "length": 65536, "type": 0, "description": "data"},
                { "offset": 65536, "length": 983040, "type": 3, "description": "hole,zero"},
                { "offset": 1048576, "length": 12345678901, "type": 9}
                ]
                """);
    }

    @Test
    void writesSeveralContextsAsJson() throws Exception {
        write(new MapJson(out, BOTH), DIRTY.subList(1, 2));

        assertThat(out).hasToString("""
                [
                { "offset": 65536, "length": 65536, "contexts": { "base:allocation": { "type": 3, "description": "hole,zero" }, \
                "qemu:dirty-bitmap:b0": { "type": 1, "description": "dirty" } }}
                ]
                """);
    }

    @Test
    void writesAnEmptyMapAsNbdinfoDoes() throws Exception {
        write(new MapText(out, ALLOCATION, false), List.of());
        assertThat(out).isEmpty();

        write(new MapJson(out, ALLOCATION), List.of());
        assertThat(out).hasToString("[\n\n]\n");

        out.setLength(0);
        write(new MapTotals(out, ALLOCATION, true, false), List.of());
        assertThat(out).hasToString("[]\n");
    }

    @Test
    void addsUpEachType() throws Exception {
        write(new MapTotals(out, ALLOCATION, false, false), List.of(row(0, 983_040, 3), row(983_040, 65_536, 0)));

        assertThat(out).hasToString("""
                     65536   6.2%   0 data
                    983040  93.8%   3 hole,zero
                """);
    }

    @Test
    void addsUpEachTypeAsJson() throws Exception {
        write(new MapTotals(out, ALLOCATION, true, false), List.of(row(0, 983_040, 3), row(983_040, 65_536, 0)));

        assertThat(out).hasToString("""
                [
                { "size": 65536, "percent": 6.25, "type": 0, "description": "data" },
                { "size": 983040, "percent": 93.75, "type": 3, "description": "hole,zero" }
                ]
                """);
    }

    @Test
    void addsUpEachCombinationOfSeveralContexts() throws Exception {
        write(new MapTotals(out, BOTH, false, false), DIRTY);

        assertThat(out).hasToString("""
                     65537   6.3%   0 data        1 dirty
                    917504  87.5%   3 hole,zero   0 clean
                     65536   6.2%   3 hole,zero   1 dirty
                """);
    }

    @Test
    void readsTypesAsUnsigned() throws Exception {
        write(new MapTotals(out, List.of("x:y"), false, false), List.of(row(0, 1, -1), row(1, 1, 5)));

        assertThat(out).hasToString("""
                         1  50.0%   5
                         1  50.0% 18446744073709551615
                """);
    }

    @Test
    void refusesToAddUpNoise() {
        var totals = new MapTotals(out, List.of("x:y"), false, false);

        assertThatThrownBy(() -> {
                    for (int i = 0; i <= MapTotals.MAXIMUM_TYPES; i++) {
                        totals.row(row(i, 1, i));
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "the map has more than 65536 different types by offset 65536; its totals would tell nothing");
    }

    private static void write(MapSink sink, List<MapRow> rows) throws IOException {
        for (MapRow row : rows) {
            sink.row(row);
        }
        sink.end();
    }

    private static MapRow row(long offset, long length, long... types) {
        return new MapRow(offset, length, Arrays.stream(types).boxed().toList());
    }
}
