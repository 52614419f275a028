// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

/**
 * The types of structured and extended reply chunks. They stay numbers, since unknown ones with bit 15 set are errors
 * that are handled without knowing them.
 *
 * <p>Source: proto.md, "Structured reply types".
 */
public final class ChunkType {
    /** No content; must be the last chunk. */
    public static final int NONE = 0;
    /** Data of a read. */
    public static final int OFFSET_DATA = 1;
    /** A run of zeroes of a read. */
    public static final int OFFSET_HOLE = 2;
    /** Status of a range in one context, 32 bits. */
    public static final int BLOCK_STATUS = 5;
    /** Status of a range in one context, 64 bits. */
    public static final int BLOCK_STATUS_EXT = 6;
    /** The command failed. */
    public static final int ERROR = 0x8001;
    /** The command failed at an offset. */
    public static final int ERROR_OFFSET = 0x8002;

    private ChunkType() {}

    /** Returns whether chunks of this type, known or not, say that the command failed. */
    public static boolean isError(int type) {
        return (type & 0x8000) != 0;
    }
}
