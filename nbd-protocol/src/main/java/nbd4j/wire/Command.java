// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import java.util.Locale;
import java.util.Set;
import nbd4j.model.CommandFlag;

/**
 * The commands of the transmission phase, with the flags that are legal for each. FUA on commands that write nothing is
 * tolerated by the specification and has no use, so it is not legal here.
 *
 * <p>Source: proto.md, "Request types".
 */
public enum Command {
    /** Reads a range. */
    READ(0, CommandFlag.DF),
    /** Writes a range. */
    WRITE(1, CommandFlag.FUA),
    /** Ends the session; there is no reply. */
    DISC(2),
    /** Makes all writes durable that were answered before it was sent. */
    FLUSH(3),
    /** Says that a range is no longer needed; nothing is known of its contents after that. */
    TRIM(4, CommandFlag.FUA),
    /** Asks the server to have a range at hand. */
    CACHE(5),
    /** Makes a range read as zeroes. */
    WRITE_ZEROES(6, CommandFlag.FUA, CommandFlag.NO_HOLE, CommandFlag.FAST_ZERO),
    /** Asks for the status of a range in the negotiated contexts. */
    BLOCK_STATUS(7, CommandFlag.REQ_ONE);

    private final int type;
    private final int legalBits;

    Command(int type, CommandFlag... legalFlags) {
        this.type = type;
        this.legalBits = CommandFlag.bits(Set.of(legalFlags));
    }

    /** Returns the command's number on the wire. */
    public int type() {
        return type;
    }

    /** Returns the flags a caller may set, for messages. */
    public Set<CommandFlag> legalFlags() {
        return CommandFlag.of(legalBits);
    }

    /** Returns the bits of the flags a caller may set. */
    public int legalBits() {
        return legalBits;
    }

    /** Returns whether the command changes the export. */
    public boolean writes() {
        return this == WRITE || this == TRIM || this == WRITE_ZEROES;
    }

    /** Returns the command in words for messages: {@code write zeroes}. */
    public String words() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
