// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class OptionParserTest {
    private static final List<Option> OPTIONS = List.of(
            Option.value("N", "", "-C", "--connections"),
            Option.flag("", "--flush"),
            Option.optional("FD", "", "-p", "--progress"),
            Option.value("N", "", "--request-size"),
            Option.value("N", "", "-R", "--requests"),
            Option.flag("", "-v", "--verbose"),
            Option.flag("", "--destination-is-zero", "--target-is-zero"));

    @Test
    void takesEveryFormOfAValue() throws Exception {
        for (List<String> words : List.of(
                List.of("-C", "4", "a", "b"),
                List.of("-C4", "a", "b"),
                List.of("--connections=4", "a", "b"),
                List.of("a", "--connections", "4", "b"),
                List.of("a", "b", "--conn=4"),
                List.of("a", "b", "-vC4"))) {
            Arguments arguments = OptionParser.parse(OPTIONS, words);

            assertThat(arguments.value("--connections")).as("%s", words).contains("4");
            assertThat(arguments.operands()).as("%s", words).containsExactly("a", "b");
        }
    }

    @Test
    void neverTakesTheNextWordForAnOptionalValue() throws Exception {
        Arguments arguments = OptionParser.parse(OPTIONS, List.of("--progress", "3", "-p", "4", "--progress=5"));

        assertThat(arguments.operands()).containsExactly("3", "4");
        assertThat(arguments.value("--progress")).contains("5");
    }

    @Test
    void leavesOptionsBetweenBracketsToTheCommandInThere() throws Exception {
        Arguments arguments =
                OptionParser.parse(OPTIONS, List.of("--flush", "[", "nbdkit", "-v", "null", "1M", "]", "-", "-v"));

        assertThat(arguments.operands()).containsExactly("[", "nbdkit", "-v", "null", "1M", "]", "-");
        assertThat(arguments.has("--verbose")).isTrue();
        assertThat(arguments.given()).hasSize(2);
    }

    @Test
    void endsTheOptionsAtTwoDashes() throws Exception {
        Arguments arguments = OptionParser.parse(OPTIONS, List.of("--", "--flush", "-v"));

        assertThat(arguments.operands()).containsExactly("--flush", "-v");
        assertThat(arguments.given()).isEmpty();
    }

    @Test
    void takesAnAliasForItsOption() throws Exception {
        assertThat(OptionParser.parse(OPTIONS, List.of("--target-is-zero")).has("--destination-is-zero"))
                .isTrue();
    }

    @Test
    void namesTheNearestOptionOfAnUnknownOne() {
        refuses("unknown option --conections; did you mean --connections?", "--conections=4");
        refuses("unknown option --flash; did you mean --flush?", "--flash");
        refuses("unknown option --quite-something-else", "--quite-something-else");
        refuses("unknown option -x; did you mean -C?", "-x");
    }

    @Test
    void refusesANameCutShortThatIsNotUnique() {
        refuses("--reque could be --request-size or --requests", "--reque=4");
    }

    @Test
    void refusesAMissingAndAnUnwantedValue() {
        refuses("--connections needs a value: -C N, --connections=N", "a", "--connections");
        refuses("-C needs a value: -C N, --connections=N", "-C");
        refuses("--flush takes no value, but '=yes' was given", "--flush=yes");
    }

    @Test
    void refusesAnEscapeSequenceWithoutPrintingIt() {
        refuses("unknown option --\\x1b[31m", "--\u001b[31m");
    }

    private static void refuses(String message, String... words) {
        assertThatThrownBy(() -> OptionParser.parse(OPTIONS, List.of(words)))
                .isInstanceOf(UsageException.class)
                .hasMessage(message);
    }
}
