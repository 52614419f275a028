// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a command may ask for besides its range.
 *
 * <p>Source: proto.md, "Command flags".
 */
public enum CommandFlag {
    /** The command's effect is durable when it is answered. For WRITE, TRIM and WRITE_ZEROES. */
    FUA(1),
    /** Zeroes are to be allocated, not punched. For WRITE_ZEROES. */
    NO_HOLE(1 << 1),
    /** The reply must come in one chunk. For READ. */
    DF(1 << 2),
    /** One descriptor is enough. For BLOCK_STATUS. */
    REQ_ONE(1 << 3),
    /** Fail with ENOTSUP if zeroing would be no faster than writing. For WRITE_ZEROES. */
    FAST_ZERO(1 << 4),
    /** The length in the header is that of a payload. Set by the connection itself where extended headers need it. */
    PAYLOAD_LEN(1 << 5);

    private final int bit;

    CommandFlag(int bit) {
        this.bit = bit;
    }

    /** Returns the flag's bit on the wire. */
    public int bit() {
        return bit;
    }

    /** Returns the bits of some flags together. */
    public static int bits(Set<CommandFlag> flags) {
        int bits = 0;
        for (CommandFlag flag : flags) {
            bits |= flag.bit;
        }
        return bits;
    }

    /** Returns the known flags among some bits. */
    public static Set<CommandFlag> of(int bits) {
        Set<CommandFlag> flags = EnumSet.noneOf(CommandFlag.class);
        for (CommandFlag flag : values()) {
            if ((bits & flag.bit) != 0) {
                flags.add(flag);
            }
        }
        return flags;
    }
}
