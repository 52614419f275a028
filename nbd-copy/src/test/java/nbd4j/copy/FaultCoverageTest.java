// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The documents that say which test shows what tell the truth: each test that they name exists, and no row is missing. */
final class FaultCoverageTest {
    private static final Path ROOT = Path.of("..");
    private static final Path FAULTS = ROOT.resolve("docs").resolve("fault-coverage.md");
    private static final Path DIFFERENCES = ROOT.resolve("docs").resolve("nbdcopy-differences.md");

    /** {@code SomeTest.claim}, or with a star for all claims that begin so. */
    private static final Pattern NAMED =
            Pattern.compile("`(\\w+(?:Test|IT|Contract|Outcome|Bench|Log))(?:\\.(\\w+)(\\*?))?`");

    /** Returns the text of every test class of the project by its name. */
    private static Map<String, String> tests() throws IOException {
        Map<String, String> texts = new HashMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.toList()) {
                Path tests = module.resolve("src").resolve("test").resolve("java");
                if (Files.isDirectory(tests)) {
                    try (Stream<Path> files = Files.walk(tests)) {
                        files.filter(file -> file.toString().endsWith(".java"))
                                .forEach(file -> texts.merge(
                                        file.getFileName().toString().replace(".java", ""),
                                        read(file),
                                        String::concat));
                    }
                }
            }
        }
        return texts;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> tests = tests();
        for (Path document : List.of(FAULTS, DIFFERENCES)) {
            List<MatchResult> named = NAMED.matcher(read(document)).results().toList();
            List<String> missing = new ArrayList<>();
            for (MatchResult one : named) {
                String text = tests.get(one.group(1));
                if (text == null || !has(text, one.group(2), "*".equals(one.group(3)))) {
                    missing.add(one.group());
                }
            }
            assertThat(named).as("%s", document).hasSizeGreaterThan(20);
            assertThat(missing).as("%s", document).isEmpty();
        }
    }

    private static boolean has(String text, @Nullable String claim, boolean asBeginning) {
        return claim == null
                || Pattern.compile("[ .]" + claim + (asBeginning ? "" : "\\("))
                        .matcher(text)
                        .find();
    }

    @ParameterizedTest
    @CsvSource({"F-S, 20", "F-D, 20", "F-N, 17", "F-L, 10"})
    void everyFaultHasARow(String group, int count) {
        List<String> rows = read(FAULTS).lines().toList();
        for (int number = 1; number <= count; number++) {
            String row = "| %s%02d | ".formatted(group, number);
            assertThat(rows).filteredOn(line -> line.startsWith(row)).as(row).hasSize(1);
        }
    }
}
