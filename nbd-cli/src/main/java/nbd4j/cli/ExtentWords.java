// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.Optional;
import nbd4j.model.MetaContext;
import org.jspecify.annotations.Nullable;

/** What the numbers of a metadata context mean, in the words of nbdinfo. */
final class ExtentWords {
    static final String DIRTY_BITMAP = "qemu:dirty-bitmap:";
    static final String ALLOCATION_DEPTH = "qemu:allocation-depth";

    private ExtentWords() {}

    /**
     * Returns the meaning of a type, or nothing where it is not known.
     *
     * @param type as sent, unsigned 64 bits
     */
    static Optional<String> describe(String context, long type) {
        return Optional.ofNullable(word(context, type));
    }

    private static @Nullable String word(String context, long type) {
        if (context.equals(MetaContext.BASE_ALLOCATION)) {
            if (type == 0) {
                return "data";
            }
            if (type == MetaContext.STATE_HOLE) {
                return "hole";
            }
            if (type == MetaContext.STATE_ZERO) {
                return "zero";
            }
            return type == (MetaContext.STATE_HOLE | MetaContext.STATE_ZERO) ? "hole,zero" : null;
        }
        if (context.startsWith(DIRTY_BITMAP)) {
            if (type == 0) {
                return "clean";
            }
            return type == MetaContext.STATE_DIRTY ? "dirty" : null;
        }
        if (context.equals(ALLOCATION_DEPTH)) {
            if (type == 0) {
                return "absent";
            }
            return type == 1 ? "local" : "backing depth " + Long.toUnsignedString(type);
        }
        return null;
    }

    /** Returns the colour of a type, or nothing for the terminal's own. */
    static Optional<Ansi> colour(String context, long type) {
        if (context.equals(MetaContext.BASE_ALLOCATION)) {
            return type == 0 ? Optional.of(Ansi.BOLD_BLACK) : Optional.empty();
        }
        if (context.startsWith(DIRTY_BITMAP) && (type == 0 || type == 1)) {
            return Optional.of(type == 0 ? Ansi.GREEN : Ansi.RED);
        }
        if (context.equals(ALLOCATION_DEPTH) && type != 0) {
            return Optional.of(type == 1 ? Ansi.BRIGHT_WHITE_ON_BLACK : Ansi.ON_LIGHT_GREY);
        }
        return Optional.empty();
    }
}
