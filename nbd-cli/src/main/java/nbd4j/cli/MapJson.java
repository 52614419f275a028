// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;

/** Writes a map as a JSON array, one object a line, with the members and the layout of nbdinfo. */
final class MapJson implements MapSink {
    private final Appendable out;
    private final List<String> contexts;
    private boolean first = true;

    MapJson(Appendable out, List<String> contexts) {
        this.out = out;
        this.contexts = List.copyOf(contexts);
    }

    @Override
    public void row(MapRow row) throws IOException {
        out.append(first ? "[\n" : ",\n");
        first = false;
        out.append("{ \"offset\": ")
                .append(Long.toString(row.offset()))
                .append(", \"length\": ")
                .append(Long.toString(row.length()))
                .append(", ");
        types(out, contexts, row.types());
        out.append('}');
    }

    @Override
    public void end() throws IOException {
        out.append(first ? "[\n\n]\n" : "\n]\n");
    }

    /** Writes {@code "type": 0, "description": "data"}, or with several contexts one such object for each. */
    static void types(Appendable out, List<String> contexts, List<Long> types) throws IOException {
        if (types.size() == 1) {
            type(out, contexts.get(0), types.get(0));
            return;
        }
        out.append("\"contexts\": { ");
        for (int i = 0; i < types.size(); i++) {
            out.append(i == 0 ? "" : ", ")
                    .append(JsonText.quote(contexts.get(i)))
                    .append(": { ");
            type(out, contexts.get(i), types.get(i));
            out.append(" }");
        }
        out.append(" }");
    }

    private static void type(Appendable out, String context, long type) throws IOException {
        out.append("\"type\": ").append(Long.toUnsignedString(type));
        var meaning = ExtentWords.describe(context, type);
        if (meaning.isPresent()) {
            out.append(", \"description\": ").append(JsonText.quote(meaning.get()));
        }
    }
}
