// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The differences of docs/nbdinfo-differences.md that show on standard output, made in what one of the two printed. */
final class KnownDifferences {
    private static final Pattern LINES = Pattern.compile("(?<=\n)");

    private KnownDifferences() {}

    /** Returns what nbdinfo would have printed by our rules for failures. */
    static String ours(String theirs, int exitCode, List<String> arguments) {
        boolean list = arguments.contains("--list") || arguments.contains("-L");
        if (exitCode == 1 && !list) {
            // Of a report that fails nbdinfo prints the beginning, which is about the server.
            assertThat(theirs.lines())
                    .as("of a question that fails")
                    .allMatch(
                            line -> line.matches(
                                    "protocol: .*|\\{|}|\"(protocol|TLS|structured|extended)\": (\"newstyle-fixed\"|true|false),"));
            return "";
        }
        if (list && arguments.contains("--json") && !theirs.endsWith("} ]\n}\n")) {
            // Not JSON, if no export can be entered or the last one cannot.
            return theirs.endsWith("\t},\n}\n")
                    ? theirs.replaceFirst("},\n}\n$", "} ]\n}\n")
                    : theirs.replaceFirst("}\n$", "\"exports\": []\n}\n");
        }
        // Without structured replies no context can be used; we do not show any, as 1.14.
        return theirs.contains("using simple packets") || theirs.contains("\"structured\": false")
                ? theirs.replaceAll("(?m)^\tcontexts:\n(\t\t.*\n)+", "")
                        .replaceAll("(?m)^\t\"contexts\": \\[\n(\t\t.*\n)+\t],\n", "")
                : theirs;
    }

    /** Returns what we print without what nbdinfo 1.22 has and 1.14 has not. */
    static String asBeforeExtendedHeaders(String ours) {
        return LINES.splitAsStream(ours)
                .filter(line -> !line.contains("can_block_status_payload") && !line.startsWith("\"extended\": "))
                .map(line -> line.startsWith("\tblock_size_") ? line.replaceFirst(" \\(.*\\)", "") : line)
                .collect(Collectors.joining());
    }

    /** Returns what we print without the content, for a nbdinfo that finds no file(1). */
    static String withoutContent(String ours) {
        return LINES.splitAsStream(ours)
                .filter(line -> !line.startsWith("\tcontent: ") && !line.startsWith("\t\"content\": "))
                .collect(Collectors.joining());
    }
}
