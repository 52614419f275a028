// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What nbdkit's log filter wrote: each request when it came and when it was answered.
 *
 * @param lines in the order of time
 */
record NbdkitLog(List<String> lines) {
    private static final Pattern REQUEST = Pattern.compile(
            "connection=(\\d+) (Read|Write|Zero|Trim|Flush|Extents|Cache) id=(\\d+)(?: offset=0x(\\w+) count=0x(\\w+))?(.*) \\.\\.\\.");
    private static final Pattern RETURN =
            Pattern.compile("connection=(\\d+) \\.\\.\\.(\\w+) id=(\\d+) return=(-?\\d+)");
    private static final Set<String> CHANGES = Set.of("Write", "Zero", "Trim");

    /** A request. */
    record Request(int connection, String command, long offset, long count, String flags) {
        long end() {
            return offset + count;
        }
    }

    static NbdkitLog read(Path file) throws IOException {
        return new NbdkitLog(Files.exists(file) ? Files.readAllLines(file) : List.of());
    }

    /** Returns the requests of one kind, in the order they came. */
    List<Request> requests(String command) {
        return lines.stream()
                .map(NbdkitLog::request)
                .flatMap(Optional::stream)
                .filter(request -> request.command().equals(command))
                .toList();
    }

    private static Optional<Request> request(String line) {
        Matcher matcher = REQUEST.matcher(line);
        if (!matcher.find()) {
            return Optional.empty();
        }
        boolean ranged = matcher.group(4) != null;
        return Optional.of(new Request(
                Integer.parseInt(matcher.group(1)),
                matcher.group(2),
                ranged ? Long.parseLong(matcher.group(4), 16) : 0,
                ranged ? Long.parseLong(matcher.group(5), 16) : 0,
                matcher.group(6)));
    }

    long count(String part) {
        return lines.stream().filter(line -> line.contains(part)).count();
    }

    /** Whether a line matches. */
    boolean has(String expression) {
        return lines.stream().anyMatch(Pattern.compile(expression).asPredicate());
    }

    /**
     * Returns what is wrong with the order of changes and flushes, empty if nothing: when the first flush came no change
     * was unanswered, none came after the last flush was answered, and that one succeeded.
     */
    List<String> breachesOfFlushing() {
        List<String> breaches = new ArrayList<>();
        int open = 0;
        boolean dirty = false;
        for (String line : lines) {
            Optional<Request> request = request(line);
            Matcher returned = RETURN.matcher(line);
            if (request.isPresent() && CHANGES.contains(request.get().command())) {
                open++;
                dirty = true;
            } else if (request.isPresent() && request.get().command().equals("Flush")) {
                if (open > 0) {
                    breaches.add(open + " changes in flight at: " + line);
                }
            } else if (returned.find() && CHANGES.contains(returned.group(2))) {
                open--;
            } else if (line.contains("...Flush") && line.endsWith("return=0")) {
                dirty = false;
            }
        }
        if (dirty) {
            breaches.add("changes after the last flush that succeeded");
        }
        return breaches;
    }
}
