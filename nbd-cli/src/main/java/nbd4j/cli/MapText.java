// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;

/**
 * Writes a map as nbdinfo does: offset, length, type and its meaning, one row a line. With several contexts, a type and
 * its meaning for each.
 */
final class MapText implements MapSink {
    private static final int NUMBER_WIDTH = 10;
    private static final int TYPE_WIDTH = 3;
    /** The widest common meaning, "hole,zero"; a cell that another follows is filled up to it. */
    private static final int MEANING_WIDTH = 9;

    private final Appendable out;
    private final List<String> contexts;
    private final boolean colour;
    private final StringBuilder line = new StringBuilder();

    MapText(Appendable out, List<String> contexts, boolean colour) {
        this.out = out;
        this.contexts = List.copyOf(contexts);
        this.colour = colour;
    }

    @Override
    public void row(MapRow row) throws IOException {
        line.setLength(0);
        number(line, Long.toString(row.offset()), NUMBER_WIDTH);
        line.append("  ");
        number(line, Long.toString(row.length()), NUMBER_WIDTH);
        line.append("  ");
        cells(line, contexts, row.types(), "  ");
        out.append(paint(line, contexts, row.types(), colour)).append('\n');
    }

    @Override
    public void end() {}

    static void number(StringBuilder line, String digits, int width) {
        line.repeat(' ', Math.max(0, width - digits.length())).append(digits);
    }

    static void cells(StringBuilder line, List<String> contexts, List<Long> types, String separator) {
        for (int i = 0; i < types.size(); i++) {
            number(line, Long.toUnsignedString(types.get(i)), TYPE_WIDTH);
            String meaning = ExtentWords.describe(contexts.get(i), types.get(i)).orElse("");
            boolean last = i == types.size() - 1;
            if (!meaning.isEmpty() || !last) {
                line.append(separator).append(meaning);
            }
            if (!last) {
                line.repeat(' ', Math.max(0, MEANING_WIDTH - meaning.length())).append(separator);
            }
        }
    }

    /** Returns the line in the colour of its only context; a line of several contexts stays plain. */
    static CharSequence paint(StringBuilder line, List<String> contexts, List<Long> types, boolean colour) {
        if (!colour || types.size() != 1) {
            return line;
        }
        return ExtentWords.colour(contexts.get(0), types.get(0))
                .map(each -> each.paint(line.toString(), true))
                .orElse(line.toString());
    }
}
