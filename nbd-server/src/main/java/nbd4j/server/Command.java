// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import org.jspecify.annotations.Nullable;

/**
 * What a request asks for.
 *
 * <p>Source: proto.md, "Request types".
 */
public enum Command {
    /** Read bytes. */
    READ(0),
    /** Write bytes. */
    WRITE(1),
    /** End the session. */
    DISC(2),
    /** Make writes durable. */
    FLUSH(3),
    /** Drop a range. */
    TRIM(4),
    /** Read ahead. */
    CACHE(5),
    /** Zero a range. */
    WRITE_ZEROES(6),
    /** Describe a range. */
    BLOCK_STATUS(7);

    /** Command flag: the effect must be durable before the reply. */
    public static final int FUA = 1;
    /** Command flag of WRITE_ZEROES: the range must stay allocated. */
    public static final int NO_HOLE = 2;
    /** Command flag of READ: the answer must be one piece. */
    public static final int DF = 4;
    /** Command flag of BLOCK_STATUS: one extent for each context. */
    public static final int REQ_ONE = 8;
    /** Command flag of WRITE_ZEROES: fail rather than be as slow as writing. */
    public static final int FAST_ZERO = 16;
    /** Command flag under extended headers: the length is that of a payload. */
    public static final int PAYLOAD_LEN = 32;

    private static final Command[] BY_NUMBER = values();

    private final int number;

    Command(int number) {
        this.number = number;
    }

    /**
     * Returns the value on the wire.
     *
     * @return 0 to 7
     */
    public int number() {
        return number;
    }

    /** Returns the command of that number, or null if there is none. */
    static @Nullable Command of(int number) {
        return number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    }
}
