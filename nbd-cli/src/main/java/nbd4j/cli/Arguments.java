// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A command line, taken apart.
 *
 * @param given the options in the order typed
 * @param operands what is left, in the order typed
 */
record Arguments(List<Given> given, List<String> operands) {
    /**
     * An option as typed.
     *
     * @param key the option's {@link Option#key()}, whichever of its names was typed
     * @param value its value, if there was one
     */
    record Given(String key, @Nullable String value) {}

    Arguments {
        given = List.copyOf(given);
        operands = List.copyOf(operands);
    }

    /** Returns whether the option was typed, with or without a value. */
    boolean has(String key) {
        for (Given each : given) {
            if (each.key().equals(key)) {
                return true;
            }
        }
        return false;
    }

    /** Returns the option's value; the last one if it was typed several times. */
    Optional<String> value(String key) {
        for (int i = given.size() - 1; i >= 0; i--) {
            Given each = given.get(i);
            if (each.key().equals(key) && each.value() != null) {
                return Optional.of(each.value());
            }
        }
        return Optional.empty();
    }

    /** Returns every value of an option that may be typed several times. */
    List<String> values(String key) {
        return given.stream()
                .filter(each -> each.key().equals(key))
                .map(Given::value)
                .filter(value -> value != null)
                .toList();
    }

    /** Returns which of two opposites stands last: true for {@code yes}, false for {@code no}, else the default. */
    boolean toggle(String yes, String no, boolean otherwise) {
        for (int i = given.size() - 1; i >= 0; i--) {
            if (given.get(i).key().equals(yes)) {
                return true;
            }
            if (given.get(i).key().equals(no)) {
                return false;
            }
        }
        return otherwise;
    }

    /** Returns the option's value as a number of bytes, such as {@code 32K}. */
    long bytes(String key, long otherwise) throws UsageException {
        Optional<String> value = value(key);
        return value.isPresent() ? HumanSize.parse(key, value.get()) : otherwise;
    }

    /** Returns the option's value as a whole number in a range. */
    int number(String key, int least, int most, int otherwise) throws UsageException {
        Optional<String> value = value(key);
        if (value.isEmpty()) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(value.get());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new UsageException("%s: '%s' is not a whole number".formatted(key, OneLine.of(value.get())), e);
        }
        throw new UsageException("%s: %s is not from %d to %d".formatted(key, value.get(), least, most));
    }
}
