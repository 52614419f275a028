// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code nbd info A B}: two exports side by side, with a star at what differs. */
final class PairReport {
    /** Longer values push the second column to the right in their own line only. */
    private static final int WIDEST = 40;

    private final Console console;
    private final InfoOptions options;

    PairReport(Console console, InfoOptions options) {
        this.console = console;
        this.options = options;
    }

    int run(Door left, Door right) throws IOException {
        List<Fact> a = Fact.of(ExportReport.gather(left, options.content()));
        List<Fact> b = Fact.of(ExportReport.gather(right, options.content()));
        console.print(options.json() ? json(left, right, a, b) : text(left, right, a, b));
        return ExitCode.DONE;
    }

    private String text(Door left, Door right, List<Fact> a, List<Fact> b) {
        int names = a.stream().mapToInt(fact -> fact.name().length()).max().orElse(0);
        int width = a.stream()
                .mapToInt(fact -> fact.text().length())
                .filter(length -> length <= WIDEST)
                .max()
                .orElse(0);
        var text = new StringBuilder();
        text.append("A: ").append(left.title()).append('\n');
        text.append("B: ").append(right.title()).append("\n\n");
        text.append(line(" ", names, "", width, "A", "B"));
        for (int i = 0; i < a.size(); i++) {
            boolean same = a.get(i).equals(b.get(i));
            String line = line(
                    same ? " " : "*",
                    names,
                    a.get(i).name(),
                    width,
                    a.get(i).text(),
                    b.get(i).text());
            text.append(same ? line : Ansi.RED.paint(line, options.colour()));
        }
        return text.toString();
    }

    private static String line(String mark, int names, String name, int width, String a, String b) {
        return mark + " " + pad(name, names) + "  " + pad(a, width) + "  " + b + "\n";
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static String json(Door left, Door right, List<Fact> a, List<Fact> b) {
        var different = new ArrayList<String>();
        for (int i = 0; i < a.size(); i++) {
            if (!a.get(i).equals(b.get(i))) {
                different.add(a.get(i).name());
            }
        }
        return new JsonObject()
                        .object("a", json(left, a))
                        .object("b", json(right, b))
                        .texts("different", different)
                + "\n";
    }

    private static JsonObject json(Door door, List<Fact> facts) {
        var object = new JsonObject();
        door.uri(door.exportName()).ifPresent(uri -> object.text("uri", uri));
        facts.forEach(fact -> object.raw(fact.name(), fact.json()));
        return object;
    }
}
