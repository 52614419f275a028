// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.hash;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Computes a {@link BlockHash} of a disk that arrives in pieces, in any order, each byte once.
 *
 * <p>Any number of threads; each digests what it brings. Blocks that arrive in several pieces are kept until they are
 * whole, and digests until those before them are there; both are bounded by how far apart the pieces arrive.
 */
public final class DiskHasher {
    /** A block of which some bytes have come. */
    private static final class Part {
        final byte[] bytes;
        int missing;

        Part(int length) {
            bytes = new byte[length];
            missing = length;
        }
    }

    /** Digests of blocks one after the other; where {@code zeroes} is more than 0, of so many blocks of zeroes. */
    private static final class Run {
        final byte[] digests;
        final long zeroes;

        Run(byte[] digests, long zeroes) {
            this.digests = digests;
            this.zeroes = zeroes;
        }
    }

    private final BlockHash hash;
    private final long diskEnd;
    private final int digestBytes;
    private final byte[] zeroDigest;
    private final MessageDigest outer; // guarded by lock, like all below
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Part> parts = new HashMap<>();
    private final TreeMap<Long, Run> waiting = new TreeMap<>();
    private long nextBlock;

    /**
     * Creates a hasher of nothing yet.
     *
     * @param diskEnd size in bytes; {@link Long#MAX_VALUE} if it shows only at the end
     */
    public DiskHasher(BlockHash hash, long diskEnd) {
        this.hash = hash;
        this.diskEnd = diskEnd;
        this.outer = hash.newDigest();
        this.digestBytes = outer.getDigestLength();
        this.zeroDigest = hash.newDigest().digest(new byte[hash.blockSize()]);
    }

    /**
     * Takes bytes.
     *
     * @param offset where they are on the disk
     * @param data from position to limit; not changed
     */
    public void data(long offset, ByteBuffer data) {
        ByteBuffer rest = data.duplicate();
        long at = offset;
        MessageDigest digest = hash.newDigest();
        int block = hash.blockSize();
        List<byte[]> whole = new ArrayList<>();
        long firstWhole = -1;
        while (rest.hasRemaining()) {
            int inBlock = (int) (at & (block - 1));
            int length = Math.min(rest.remaining(), block - inBlock);
            ByteBuffer piece = rest.slice(rest.position(), length);
            if (length == block) {
                digest.update(piece);
                firstWhole = firstWhole < 0 ? at / block : firstWhole;
                whole.add(digest.digest());
            } else {
                part(at, piece, length);
            }
            rest.position(rest.position() + length);
            at += length;
        }
        if (firstWhole >= 0) {
            byte[] digests = new byte[whole.size() * digestBytes];
            for (int index = 0; index < whole.size(); index++) {
                System.arraycopy(whole.get(index), 0, digests, index * digestBytes, digestBytes);
            }
            add(firstWhole, new Run(digests, 0));
        }
    }

    /** Takes a range of zeroes. */
    public void zeroes(long offset, long length) {
        long block = hash.blockSize();
        long end = offset + length;
        long down = offset & -block;
        long firstWhole = down == offset ? offset : down + block;
        long lastWhole = end & -block;
        if (firstWhole < 0 || firstWhole >= lastWhole) {
            partOfZeroes(offset, Math.min(end, firstWhole < 0 ? end : firstWhole));
            if (firstWhole >= 0 && firstWhole < end) {
                partOfZeroes(Math.max(offset, firstWhole), end);
            }
            return;
        }
        partOfZeroes(offset, firstWhole);
        add(firstWhole / block, new Run(new byte[0], (lastWhole - firstWhole) / block));
        partOfZeroes(lastWhole, end);
    }

    /**
     * Returns the digest in hexadecimal digits. Called once, after all bytes have come.
     *
     * @param size of the disk in bytes
     * @throws IllegalStateException if bytes are missing
     */
    public String finish(long size) {
        lock.lock();
        try {
            Part last = parts.remove(size / hash.blockSize());
            if (last != null && last.bytes.length - last.missing == size % hash.blockSize()) {
                MessageDigest digest = hash.newDigest();
                digest.update(last.bytes, 0, (int) (size % hash.blockSize()));
                put(size / hash.blockSize(), new Run(digest.digest(), 0));
            }
            long blocks = size / hash.blockSize() + (size % hash.blockSize() == 0 ? 0 : 1);
            if (nextBlock != blocks || !parts.isEmpty()) {
                throw new IllegalStateException("block hash has %d of %d blocks".formatted(nextBlock, blocks));
            }
            outer.update(ByteBuffer.allocate(Long.BYTES)
                    .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                    .putLong(0, size));
            return HexFormat.of().formatHex(outer.digest());
        } finally {
            lock.unlock();
        }
    }

    private void partOfZeroes(long from, long to) {
        if (from < to) {
            part(from, null, Math.toIntExact(to - from));
        }
    }

    /** Takes a part of one block; zeroes if {@code piece} is null. */
    private void part(long at, @Nullable ByteBuffer piece, int length) {
        long block = at / hash.blockSize();
        byte @Nullable [] complete = null;
        lock.lock();
        try {
            Part part = parts.computeIfAbsent(block, index -> new Part(lengthOf(index)));
            if (piece != null) {
                piece.get(part.bytes, (int) (at % hash.blockSize()), length);
            }
            part.missing -= length;
            if (part.missing == 0) {
                parts.remove(block);
                complete = part.bytes;
            }
        } finally {
            lock.unlock();
        }
        if (complete != null) {
            add(block, new Run(hash.newDigest().digest(complete), 0));
        }
    }

    private int lengthOf(long block) {
        long start = block * hash.blockSize();
        return (int) Math.min(hash.blockSize(), diskEnd - start);
    }

    private void add(long block, Run run) {
        lock.lock();
        try {
            put(block, run);
        } finally {
            lock.unlock();
        }
    }

    private void put(long block, Run run) {
        waiting.put(block, run);
        while (!waiting.isEmpty() && waiting.firstKey() == nextBlock) {
            Run next = waiting.pollFirstEntry().getValue();
            outer.update(next.digests);
            for (long zero = 0; zero < next.zeroes; zero++) {
                outer.update(zeroDigest);
            }
            nextBlock += next.zeroes + next.digests.length / digestBytes;
        }
    }
}
