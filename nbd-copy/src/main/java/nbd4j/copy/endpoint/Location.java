// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What a user names as the source or target of a copy.
 *
 * <p>{@link #parse} takes one word; a server to be started, {@code [ CMD ARGS... ]}, takes several, so whoever splits
 * the words makes a {@link Command} of them.
 */
public sealed interface Location {
    /**
     * Reads one word: {@code -}, {@code null:}, an NBD URI (any word that begins with {@code nbd:}, {@code nbds:},
     * {@code nbd+} or {@code nbds+}), else a path. A file of such a name is written {@code ./nbd:...}.
     *
     * @throws IllegalArgumentException if the word is empty or no path
     */
    static Location parse(String word) {
        if (word.isEmpty()) {
            throw new IllegalArgumentException("an empty name is neither a file nor an NBD URI");
        }
        if (word.equals("-")) {
            return new Standard();
        }
        if (word.equals("null:")) {
            return new Null();
        }
        String lower = word.toLowerCase(Locale.ROOT);
        if (lower.startsWith("nbd:")
                || lower.startsWith("nbds:")
                || lower.startsWith("nbd+")
                || lower.startsWith("nbds+")) {
            return new Uri(word);
        }
        return new File(Path.of(word));
    }

    /** Standard input for a source, standard output for a target. */
    record Standard() implements Location {}

    /** Nothing: a target that keeps nothing. */
    record Null() implements Location {}

    /**
     * A regular file, block device, FIFO or character device.
     *
     * @param path where it is
     */
    record File(Path path) implements Location {}

    /**
     * An NBD export.
     *
     * @param uri as given, not yet parsed
     */
    record Uri(String uri) implements Location {}

    /**
     * An NBD server to be started for this copy, which gets its socket by systemd socket activation.
     *
     * @param words the program and its arguments, at least one word
     */
    record Command(List<String> words) implements Location {
        /** Refuses a command of no words. */
        public Command {
            words = List.copyOf(words);
            if (words.isEmpty()) {
                throw new IllegalArgumentException("[ ] names no command");
            }
        }
    }
}
