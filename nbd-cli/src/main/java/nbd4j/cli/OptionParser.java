// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import nbd4j.cli.Option.Argument;
import org.jspecify.annotations.Nullable;

/**
 * Takes a command line apart as GNU getopt_long does, which scripts written for nbdcopy and nbdinfo rely on: options
 * may stand after operands, long names may be cut short where that is unique, {@code -C4} is {@code -C 4}, and
 * {@code --} ends the options. Beyond that, whatever stands between {@code [} and {@code ]} belongs to the command in
 * there, so that {@code --} is not needed before it.
 */
final class OptionParser {
    private final List<Option> options;
    private final List<Arguments.Given> given = new ArrayList<>();
    private final List<String> operands = new ArrayList<>();

    private OptionParser(List<Option> options) {
        this.options = options;
    }

    /** Returns the parts of a command line. */
    static Arguments parse(List<Option> options, List<String> words) throws UsageException {
        var parser = new OptionParser(options);
        int next = 0;
        while (next < words.size()) {
            next = parser.take(words, next);
        }
        return new Arguments(parser.given, parser.operands);
    }

    /** Takes the word at an index and what belongs to it; returns the index of the word after that. */
    private int take(List<String> words, int index) throws UsageException {
        String word = words.get(index);
        if (word.equals("--")) {
            operands.addAll(words.subList(index + 1, words.size()));
            return words.size();
        }
        if (word.equals("[")) {
            int end = words.subList(index, words.size()).indexOf("]");
            int after = end < 0 ? words.size() : index + end + 1;
            operands.addAll(words.subList(index, after));
            return after;
        }
        if (word.startsWith("--")) {
            return takeLong(words, index);
        }
        if (word.startsWith("-") && word.length() > 1) {
            return takeShort(words, index);
        }
        operands.add(word);
        return index + 1;
    }

    private int takeLong(List<String> words, int index) throws UsageException {
        String word = words.get(index);
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        String value = equals < 0 ? null : word.substring(equals + 1);
        Option option = find(name);
        if (option.argument() == Argument.NONE && value != null) {
            throw new UsageException("%s takes no value, but '=%s' was given".formatted(name, OneLine.of(value)));
        }
        if (option.argument() == Argument.REQUIRED && value == null) {
            return add(option, following(words, index, option), index + 2);
        }
        return add(option, value, index + 1);
    }

    private int takeShort(List<String> words, int index) throws UsageException {
        String word = words.get(index);
        for (int i = 1; i < word.length(); i++) {
            Option option = find("-" + word.charAt(i));
            if (option.argument() == Argument.REQUIRED) {
                return i + 1 < word.length()
                        ? add(option, word.substring(i + 1), index + 1)
                        : add(option, following(words, index, option), index + 2);
            }
            add(option, null, index);
        }
        return index + 1;
    }

    private int add(Option option, @Nullable String value, int next) {
        given.add(new Arguments.Given(option.key(), value));
        return next;
    }

    private static String following(List<String> words, int index, Option option) throws UsageException {
        if (index + 1 == words.size()) {
            throw new UsageException("%s needs a value: %s".formatted(OneLine.of(words.get(index)), option.form()));
        }
        return words.get(index + 1);
    }

    private Option find(String name) throws UsageException {
        var candidates = new ArrayList<String>();
        var matching = new LinkedHashSet<Option>();
        for (Option option : options) {
            for (String each : option.names()) {
                if (each.equals(name)) {
                    return option;
                }
                if (name.length() > 2 && each.startsWith(name)) {
                    candidates.add(each);
                    matching.add(option);
                }
            }
        }
        if (matching.size() == 1) {
            return matching.iterator().next();
        }
        if (!candidates.isEmpty()) {
            throw new UsageException("%s could be %s".formatted(OneLine.of(name), String.join(" or ", candidates)));
        }
        var names = options.stream().flatMap(option -> option.names().stream()).toList();
        String nearest = Nearest.to(name, names);
        throw new UsageException("unknown option %s%s"
                .formatted(OneLine.of(name), nearest.isEmpty() ? "" : "; did you mean " + nearest + "?"));
    }
}
