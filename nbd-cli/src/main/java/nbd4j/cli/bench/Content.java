// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli.bench;

import java.nio.ByteBuffer;

/**
 * What is written: every 8 bytes are a function of their place and of the seed, so that whoever writes a block, and
 * however often, writes the same, and any block can be checked without knowing who wrote it.
 */
final class Content {
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

    private final long seed;

    Content(long seed) {
        this.seed = seed;
    }

    /** Fills what remains of a buffer with the content of an offset. */
    void fill(ByteBuffer block, long offset) {
        long at = offset;
        while (block.remaining() >= 8) {
            block.putLong(word(at));
            at += 8;
        }
        long last = word(at);
        while (block.hasRemaining()) {
            block.put((byte) last);
            last >>>= 8;
        }
    }

    private long word(long at) {
        long mixed = (at ^ seed) * MULTIPLIER;
        return mixed ^ mixed >>> 29;
    }
}
