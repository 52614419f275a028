// SPDX-License-Identifier: Apache-2.0
package nbd4j.model;

/**
 * A run of bytes with one status.
 *
 * <p>Source: proto.md, {@code NBD_REPLY_TYPE_BLOCK_STATUS}.
 *
 * @param length bytes, more than 0; at most 2^63-1, longer ones are cut
 * @param flags the context's own status bits or number; bits that are not known are to be ignored
 */
public record BlockDescriptor(long length, long flags) {
    /** Refuses an empty run. */
    public BlockDescriptor {
        if (length <= 0) {
            throw new IllegalArgumentException("block descriptor length %d is not positive".formatted(length));
        }
    }
}
