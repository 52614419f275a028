// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Adds up a map: how many bytes have each type, or each combination of types where there are several contexts (dirty
 * and data, dirty and zero…). Written in ascending order of the types, as nbdinfo does.
 */
final class MapTotals implements MapSink {
    /** More types than this are no types but noise: a context has a handful, a backing chain some dozens. */
    static final int MAXIMUM_TYPES = 65_536;

    private static final Comparator<List<Long>> UNSIGNED = (one, other) -> {
        for (int i = 0; i < one.size(); i++) {
            int order = Long.compareUnsigned(one.get(i), other.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    };

    private final Appendable out;
    private final List<String> contexts;
    private final boolean json;
    private final boolean colour;
    private final Map<List<Long>, Long> bytes = new TreeMap<>(UNSIGNED);
    private long total;

    MapTotals(Appendable out, List<String> contexts, boolean json, boolean colour) {
        this.out = out;
        this.contexts = List.copyOf(contexts);
        this.json = json;
        this.colour = colour;
    }

    @Override
    public void row(MapRow row) throws IOException {
        bytes.merge(row.types(), row.length(), Long::sum);
        total += row.length();
        if (bytes.size() > MAXIMUM_TYPES) {
            throw new IOException("the map has more than %d different types by offset %d; its totals would tell nothing"
                    .formatted(MAXIMUM_TYPES, row.offset()));
        }
    }

    @Override
    public void end() throws IOException {
        if (json) {
            writeJson();
            return;
        }
        var line = new StringBuilder();
        for (var each : bytes.entrySet()) {
            line.setLength(0);
            MapText.number(line, Long.toString(each.getValue()), 10);
            line.append(' ');
            MapText.number(line, Decimal.of(percent(each.getValue()), 1), 5);
            line.append("% ");
            MapText.cells(line, contexts, each.getKey(), " ");
            out.append(MapText.paint(line, contexts, each.getKey(), colour)).append('\n');
        }
    }

    private void writeJson() throws IOException {
        if (bytes.isEmpty()) {
            out.append("[]\n");
            return;
        }
        String before = "[\n";
        for (var each : bytes.entrySet()) {
            out.append(before)
                    .append("{ \"size\": ")
                    .append(each.getValue().toString())
                    .append(", \"percent\": ")
                    .append(Decimal.general(percent(each.getValue())))
                    .append(", ");
            MapJson.types(out, contexts, each.getKey());
            out.append(" }");
            before = ",\n";
        }
        out.append("\n]\n");
    }

    private double percent(long part) {
        return 100.0 * part / total;
    }
}
