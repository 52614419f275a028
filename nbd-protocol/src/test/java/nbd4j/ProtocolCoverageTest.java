// SPDX-License-Identifier: Apache-2.0
package nbd4j;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/protocol-coverage.md tells the truth: what it names exists, and it leaves no rule out. */
final class ProtocolCoverageTest {
    private static final Path ROOT = Path.of("..");
    private static final Path DOCUMENT = ROOT.resolve("docs").resolve("protocol-coverage.md");

    /** {@code SomeTest.claim}, or with a star for all claims that begin so. */
    private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT|Contract))(?:\\.(\\w+)(\\*?))?`");

    /** The file with the identifiers that the document must have a row for, one a line. */
    private static List<String> identifiers() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(ProtocolCoverageTest.class.getResourceAsStream("conformance-ids.txt"))) {
            return new String(in.readAllBytes(), UTF_8).lines().toList();
        }
    }

    /** Returns the text of every test class of the project by its name. */
    private static Map<String, String> tests() throws IOException {
        Map<String, String> texts = new HashMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.toList()) {
                Path tests = module.resolve("src").resolve("test").resolve("java");
                if (!Files.isDirectory(tests)) {
                    continue;
                }
                try (Stream<Path> files = Files.walk(tests)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .forEach(file -> texts.merge(
                                    file.getFileName().toString().replace(".java", ""), read(file), String::concat));
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
    void everyTestThatItNamesExists() throws IOException {
        Map<String, String> tests = tests();
        List<String> missing = new ArrayList<>();
        List<MatchResult> named = NAMED.matcher(read(DOCUMENT)).results().toList();
        for (MatchResult one : named) {
            String text = tests.get(one.group(1));
            String claim = one.group(2);
            if (text == null
                    || (claim != null && !has(text, claim, !one.group(3).isEmpty()))) {
                missing.add(one.group());
            }
        }

        assertThat(named).hasSizeGreaterThan(300);
        assertThat(missing).isEmpty();
    }

    private static boolean has(String text, String claim, boolean asBeginning) {
        return Pattern.compile("void " + claim + (asBeginning ? "" : "\\("))
                .matcher(text)
                .find();
    }

    @Test
    void everyRuleAndEveryScriptHasARowThatIsNotEmpty() throws IOException {
        List<String> rows =
                read(DOCUMENT).lines().filter(line -> line.startsWith("| ")).toList();
        List<String> identifiers = identifiers();

        assertThat(identifiers).hasSizeGreaterThan(270);
        // Scripts may be split into their variants: M23a, M23b.
        assertThat(identifiers)
                .filteredOn(id -> rows.stream().noneMatch(row -> row.matches("\\| " + id + "[a-z]? \\| .*\\S.* \\|")))
                .isEmpty();
    }

    /** A rule's row names a test that bears the rule's name, or says why there is none. */
    @Test
    void everyTestOfARuleBearsItsNameUnlessTheRuleIsOut() throws IOException {
        List<String> rows = read(DOCUMENT).lines().toList();
        List<String> unnamed = new ArrayList<>();
        for (String id : identifiers()) {
            Pattern claim = Pattern.compile(
                    "\\w*\\.(?:\\w+_)?" + id.toLowerCase(Locale.ROOT).replace("-", "") + "[a-z]*(?:_\\w*\\*?)?`");
            Pattern row = Pattern.compile("\\| " + id + "[a-z]? \\| (?!Out\\b).*\\w+(Test|IT|Contract)\\b.*");
            rows.stream()
                    .filter(line ->
                            row.matcher(line).matches() && !claim.matcher(line).find())
                    .forEach(unnamed::add);
        }

        assertThat(unnamed).isEmpty();
    }

    @Test
    void nothingIsLeftOpen() {
        assertThat(read(DOCUMENT)).doesNotContainIgnoringCase("to be filled in").doesNotContain("TODO");
    }
}
