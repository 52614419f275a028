// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.ByteBuffer;

/**
 * A read-only disk whose content tells where it is: each 8 bytes hold their own offset, big-endian. Costs nothing, at
 * any size, and every byte read can be checked. The same pattern as that of nbdkit.
 */
public final class PatternStorage implements Storage {
    private final long size;

    private PatternStorage(long size) {
        if (size < 0) {
            throw new IllegalArgumentException("pattern of " + size + " bytes, allowed are 0 to 2^63 - 1");
        }
        this.size = size;
    }

    /**
     * Creates a pattern.
     *
     * @param size bytes, 0 to 2^63 - 1
     * @return the disk
     */
    public static PatternStorage of(long size) {
        return new PatternStorage(size);
    }

    /**
     * Fills a buffer with the pattern, to compare with what was read.
     *
     * @param offset bytes from the start of the disk
     * @param into filled from its position to its limit
     */
    public static void fill(long offset, ByteBuffer into) {
        long at = offset;
        while (into.hasRemaining() && at % Long.BYTES != 0) {
            into.put(byteAt(at++));
        }
        for (; into.remaining() >= Long.BYTES; at += Long.BYTES) {
            into.putLong(at);
        }
        while (into.hasRemaining()) {
            into.put(byteAt(at++));
        }
    }

    private static byte byteAt(long offset) {
        long inside = offset % Long.BYTES;
        return (byte) ((offset - inside) >>> (56 - inside * 8));
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        fill(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) throws StorageException {
        throw new StorageException(ErrorCode.EPERM, "a pattern cannot be written");
    }

    @Override
    public boolean mayBlock() {
        return false;
    }
}
