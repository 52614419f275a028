// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

/** Colours of a terminal, as nbdinfo and nbddump use them. */
enum Ansi {
    BOLD_BLACK("\u001b[1;30m"),
    RED("\u001b[22;31m"),
    GREEN("\u001b[22;32m"),
    GREY("\u001b[22;90m"),
    BRIGHT_RED("\u001b[1;31m"),
    BRIGHT_BLUE("\u001b[1;34m"),
    BRIGHT_MAGENTA("\u001b[1;35m"),
    BRIGHT_WHITE_ON_BLACK("\u001b[1;37m\u001b[40m"),
    ON_LIGHT_GREY("\u001b[47m");

    static final String RESTORE = "\u001b[0m";

    private final String sequence;

    Ansi(String sequence) {
        this.sequence = sequence;
    }

    String sequence() {
        return sequence;
    }

    /** Returns the text in this colour if colours are wanted. */
    String paint(String text, boolean colour) {
        return colour ? sequence + text + RESTORE : text;
    }
}
