// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.util.Arrays;

/**
 * Writes bytes as nbddump does: sixteen a line with their offset, in hexadecimal and as text. Lines equal to the one
 * before are left out, and a star stands for them; the first and the last line are always shown. Used by one thread.
 */
final class HexDump {
    static final int LINE = 16;

    /** Enough for a TiB; longer offsets take more. */
    private static final int OFFSET_DIGITS = 10;

    private static final String HEX = "0123456789abcdef";

    private final StringBuilder out;
    private final boolean colour;
    private final long end;
    private final byte[] last = new byte[LINE];
    private boolean first = true;
    private boolean starred;

    /**
     * Prepares a dump.
     *
     * @param out where to write; the caller empties it from time to time
     * @param colour whether to use colours, and the characters of better terminals
     * @param end the offset after the last byte that will be given
     */
    HexDump(StringBuilder out, boolean colour, long end) {
        this.out = out;
        this.colour = colour;
        this.end = end;
    }

    /** Adds one line: sixteen bytes, or fewer at the very end. */
    void line(long offset, byte[] bytes, int from, int count) {
        boolean atEnd = offset + count == end;
        if (!first && !atEnd && count == LINE && Arrays.equals(bytes, from, from + LINE, last, 0, LINE)) {
            star();
            return;
        }
        first = false;
        starred = false;
        System.arraycopy(bytes, from, last, 0, count);
        write(offset, bytes, from, count);
    }

    /**
     * Adds lines of zeroes without looking at each.
     *
     * @param length a multiple of sixteen, unless the dump ends with it
     */
    void zeroes(long offset, long length) {
        byte[] zeroes = new byte[LINE];
        long position = offset;
        long stop = offset + length;
        while (position < stop) {
            line(position, zeroes, 0, Math.toIntExact(Math.min(LINE, stop - position)));
            position = Math.min(stop, position + LINE);
            if (starred) {
                // All that follow are equal too; the last line of the dump alone is shown.
                long lastLine = stop < end ? stop : (stop - 1) / LINE * LINE;
                position = Math.max(position, lastLine);
            }
        }
    }

    private void star() {
        if (!starred) {
            out.append(colour ? "☆" : "*").append('\n');
            starred = true;
        }
    }

    private void write(long offset, byte[] bytes, int from, int count) {
        paint(Ansi.GREEN);
        String digits = Long.toHexString(offset);
        out.repeat('0', Math.max(0, OFFSET_DIGITS - digits.length())).append(digits);
        paint(Ansi.GREY);
        out.append(": ");
        for (int i = 0; i < LINE; i++) {
            if (i == count) {
                paint(Ansi.GREY);
            }
            if (i < count) {
                paint(bytes[from + i] == 0 ? Ansi.GREY : Ansi.BRIGHT_BLUE);
                out.append(HEX.charAt((bytes[from + i] >> 4) & 0xF))
                        .append(HEX.charAt(bytes[from + i] & 0xF))
                        .append(' ');
            } else {
                out.append("   ");
            }
            if (i == LINE / 2 - 1) {
                out.append(' ');
            }
        }
        if (count == LINE) {
            paint(Ansi.GREY);
        }
        text(bytes, from, count);
    }

    private void text(byte[] bytes, int from, int count) {
        String border = colour ? "│" : "|";
        out.append(border);
        for (int i = 0; i < count; i++) {
            char character = (char) (bytes[from + i] & 0xFF);
            if (character < 0x20 || character >= 0x7F) {
                paint(Ansi.GREY);
                out.append(colour ? '·' : '.');
            } else {
                paint(Character.isLetterOrDigit(character) ? Ansi.BRIGHT_RED : Ansi.BRIGHT_MAGENTA);
                out.append(character);
            }
        }
        paint(Ansi.GREY);
        out.repeat(' ', LINE - count).append(border).append('\n');
        if (colour) {
            out.append(Ansi.RESTORE);
        }
    }

    private void paint(Ansi each) {
        if (colour) {
            out.append(each.sequence());
        }
    }
}
