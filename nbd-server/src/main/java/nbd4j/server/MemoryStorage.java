// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;

/**
 * Sparse memory: what was never written is a hole and takes nothing, so a disk of 1 TiB costs nothing.
 *
 * <p>Memory is taken in pages of 64 KiB; block status is exact to 4 KiB. Zeroed and trimmed pages are given back. Takes
 * at most three quarters of the heap, or the limit given; a write beyond that fails with ENOSPC.
 */
public final class MemoryStorage implements Storage {
    private static final long PAGES_PER_LEAF = 1024;
    private static final long LEAF = PAGES_PER_LEAF * Page.BYTES;

    private final long size;
    private final long maximumPages;
    private final AtomicLong pageCount = new AtomicLong();
    /** By offset / LEAF. Pages appear under a read lock of {@code shape} and vanish under its write lock. */
    private final ConcurrentSkipListMap<Long, AtomicReferenceArray<@Nullable Page>> leaves =
            new ConcurrentSkipListMap<>();

    private final StampedLock shape = new StampedLock();
    /** Zeroed with {@link ZeroMode#KEEP_ALLOCATED} where no page is. Guarded by {@code shape}. */
    private final RangeSet allocatedZeroes = new RangeSet();

    private MemoryStorage(long size, long maximumBytes) {
        if (size < 0) {
            throw new IllegalArgumentException("memory of " + size + " bytes, allowed are 0 to 2^63 - 1");
        }
        this.size = size;
        maximumPages = Math.max(1, maximumBytes / Page.BYTES);
    }

    /**
     * Creates a disk that is one hole.
     *
     * @param size bytes, 0 to 2^63 - 1
     * @return empty memory
     */
    public static MemoryStorage of(long size) {
        return new MemoryStorage(size, Runtime.getRuntime().maxMemory() / 4 * 3);
    }

    /**
     * Creates a disk that is one hole and may take only so much memory.
     *
     * @param size bytes, 0 to 2^63 - 1
     * @param maximumBytes most bytes of memory, at least one page of 64 KiB
     * @return empty memory
     */
    public static MemoryStorage limited(long size, long maximumBytes) {
        return new MemoryStorage(size, maximumBytes);
    }

    /**
     * Returns the memory taken for content.
     *
     * @return bytes, a multiple of 64 KiB
     */
    public long allocatedBytes() {
        return pageCount.get() * Page.BYTES;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        long at = offset;
        while (into.hasRemaining()) {
            int start = (int) (at % Page.BYTES);
            int step = Math.min(into.remaining(), Page.BYTES - start);
            var page = page(at);
            if (page == null) {
                Zeroes.put(into, step);
            } else {
                into.put(page.bytes(), start, step);
            }
            at += step;
        }
    }

    private @Nullable Page page(long offset) {
        var leaf = leaves.get(offset / LEAF);
        return leaf == null ? null : leaf.get((int) (offset % LEAF / Page.BYTES));
    }

    @Override
    public void write(long offset, ByteBuffer from) throws StorageException {
        long stamp = shape.readLock();
        try {
            long at = offset;
            while (from.hasRemaining()) {
                int start = (int) (at % Page.BYTES);
                int step = Math.min(from.remaining(), Page.BYTES - start);
                pageToWrite(at).put(start, from, step);
                at += step;
            }
        } finally {
            shape.unlockRead(stamp);
        }
    }

    private Page pageToWrite(long offset) throws StorageException {
        var leaf = leaves.computeIfAbsent(
                offset / LEAF, key -> new AtomicReferenceArray<@Nullable Page>((int) PAGES_PER_LEAF));
        int index = (int) (offset % LEAF / Page.BYTES);
        var page = leaf.get(index);
        if (page != null) {
            return page;
        }
        if (pageCount.incrementAndGet() > maximumPages) {
            pageCount.decrementAndGet();
            throw new StorageException(
                    ErrorCode.ENOSPC, "memory export is full: its limit is " + maximumPages * Page.BYTES + " bytes");
        }
        var fresh = new Page();
        var found = leaf.compareAndExchange(index, null, fresh);
        if (found == null) {
            return fresh;
        }
        pageCount.decrementAndGet();
        return found;
    }

    @Override
    public void zero(long offset, long length, ZeroMode mode) {
        long stamp = shape.writeLock();
        try {
            clear(offset, length);
            if (mode == ZeroMode.KEEP_ALLOCATED) {
                allocatedZeroes.add(offset, length);
            } else {
                allocatedZeroes.remove(offset, length);
            }
        } finally {
            shape.unlockWrite(stamp);
        }
    }

    private void clear(long offset, long length) {
        long at = offset;
        long left = length;
        while (left > 0) {
            var entry = leaves.ceilingEntry(at / LEAF);
            if (entry == null || entry.getKey() - at / LEAF > left / LEAF + 1) {
                return;
            }
            long skip = Math.max(0, entry.getKey() * LEAF - at);
            if (skip >= left) {
                return;
            }
            at += skip;
            left -= skip;
            long step = Math.min(left, LEAF - at % LEAF);
            int start = (int) (at % LEAF);
            clear(entry.getValue(), start, at + step == size ? roundUp(start + step) - start : (int) step);
            if (step == LEAF) {
                leaves.remove(entry.getKey());
            }
            at += step;
            left -= step;
        }
    }

    /** What lies behind the end of the disk may be cleared with its last bytes. */
    private static int roundUp(long end) {
        return (int) ((end + Page.BYTES - 1) / Page.BYTES * Page.BYTES);
    }

    private void clear(AtomicReferenceArray<@Nullable Page> leaf, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            int start = at % Page.BYTES;
            int step = Math.min(end - at, Page.BYTES - start);
            var page = leaf.get(at / Page.BYTES);
            if (page != null && (step == Page.BYTES || page.clear(start, step))) {
                leaf.set(at / Page.BYTES, null);
                pageCount.decrementAndGet();
            }
            at += step;
        }
    }

    @Override
    public boolean zeroesFast(long offset, long length) {
        return true;
    }

    @Override
    public void trim(long offset, long length) {
        zero(offset, length, ZeroMode.MAY_PUNCH);
    }

    @Override
    public Extent extentAt(long offset, long length) {
        boolean data = false;
        long run = 0;
        while (run < length) {
            long at = offset + run;
            long left = length - run;
            var entry = leaves.ceilingEntry(at / LEAF);
            long step;
            boolean written = false;
            if (entry == null) {
                step = left;
            } else if (entry.getKey() > at / LEAF) {
                step = Math.min(left, entry.getKey() * LEAF - at);
            } else {
                int start = (int) (at % Page.BYTES);
                var page = entry.getValue().get((int) (at % LEAF / Page.BYTES));
                written = page != null && page.isData(start);
                step = Math.min(left, page == null ? Page.BYTES - start : page.run(start));
            }
            if (run == 0) {
                data = written;
            } else if (data != written) {
                break;
            }
            run += step;
        }
        return data ? Extent.data(run) : emptyExtent(offset, run);
    }

    @Override
    public Extent knownExtentAt(long offset, long length) {
        return extentAt(offset, length);
    }

    private Extent emptyExtent(long offset, long length) {
        long stamp = shape.readLock();
        try {
            long run = allocatedZeroes.run(offset, length);
            return allocatedZeroes.contains(offset) ? Extent.zero(run) : Extent.hole(run);
        } finally {
            shape.unlockRead(stamp);
        }
    }

    @Override
    public boolean mayBlock() {
        return false;
    }
}
