// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

import java.nio.ByteBuffer;

/**
 * A part of a read as the server sent it: data, or a hole that reads as zeroes.
 *
 * <p>Source: proto.md, {@code NBD_REPLY_TYPE_OFFSET_DATA}, {@code NBD_REPLY_TYPE_OFFSET_HOLE}.
 */
public sealed interface ReadChunk {
    /** Returns where the part begins, in bytes from the start of the export. */
    long offset();

    /** Returns the length of the part in bytes, more than 0. */
    long length();

    /**
     * Bytes that the server sent.
     *
     * @param offset bytes from the start of the export
     * @param data the bytes, from position to limit; a view of the caller's buffer
     */
    record Data(long offset, ByteBuffer data) implements ReadChunk {
        @Override
        public long length() {
            return data.remaining();
        }
    }

    /**
     * A run of zeroes that the server did not send.
     *
     * @param offset bytes from the start of the export
     * @param length bytes
     */
    record Hole(long offset, long length) implements ReadChunk {}
}
