// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A disk with a volatile write cache: what was not flushed is lost when the server is killed. Shows whether a client
 * flushes when it must.
 *
 * <p>Keeps changes in memory and passes them to another storage by flush, or by a command with FUA, which passes its own
 * range only. {@link NbdServer#kill} forgets them. Closing flushes, and closes the other storage.
 */
public final class WriteBackCache implements Storage {
    private static final int COPY_BYTES = 256 << 10;

    private final Storage durable;
    private final MemoryStorage changes;
    private final ReentrantLock lock = new ReentrantLock();
    /** Where {@code changes} hides {@code durable}. Guarded by lock, as the contents of both are. */
    private final RangeSet dirty = new RangeSet();

    private WriteBackCache(Storage durable) {
        this.durable = durable;
        changes = MemoryStorage.of(durable.size());
    }

    /**
     * Puts a cache before a storage.
     *
     * @param durable what survives; its owner may read it to see what a crash would leave
     * @return the cached storage, empty at first
     */
    public static WriteBackCache over(Storage durable) {
        return new WriteBackCache(durable);
    }

    /**
     * Answers whether there is anything that a crash would lose.
     *
     * @return false right after a flush
     */
    public boolean isDirty() {
        lock.lock();
        try {
            return !dirty.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long size() {
        return durable.size();
    }

    @Override
    public boolean readOnly() {
        return durable.readOnly();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        lock.lock();
        try {
            int limit = into.limit();
            long at = offset;
            while (into.position() < limit) {
                int step = (int) dirty.run(at, limit - into.position());
                into.limit(into.position() + step);
                (dirty.contains(at) ? changes : durable).read(at, into);
                into.limit(limit);
                at += step;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        lock.lock();
        try {
            long length = from.remaining();
            changes.write(offset, from);
            dirty.add(offset, length);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void zero(long offset, long length, ZeroMode mode) {
        lock.lock();
        try {
            changes.zero(offset, length, mode);
            dirty.add(offset, length);
        } finally {
            lock.unlock();
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
    public void flush() throws IOException {
        flush(0, size());
        durable.flush();
    }

    @Override
    public void flush(long offset, long length) throws IOException {
        lock.lock();
        try {
            long at = offset;
            long end = offset + length;
            while (at < end) {
                long run = dirty.run(at, end - at);
                if (dirty.contains(at)) {
                    passOn(at, run);
                    dirty.remove(at, run);
                    changes.zero(at, run, ZeroMode.MAY_PUNCH);
                }
                at += run;
            }
        } finally {
            lock.unlock();
        }
        durable.flush(offset, length);
    }

    private void passOn(long offset, long length) throws IOException {
        long done = 0;
        while (done < length) {
            var extent = changes.extentAt(offset + done, length - done);
            if (extent.flags() == 0) {
                copy(offset + done, extent.length());
            } else {
                boolean punched = (extent.flags() & Extent.HOLE) != 0;
                durable.zero(offset + done, extent.length(), punched ? ZeroMode.MAY_PUNCH : ZeroMode.KEEP_ALLOCATED);
            }
            done += extent.length();
        }
    }

    private void copy(long offset, long length) throws IOException {
        var buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, length));
        long done = 0;
        while (done < length) {
            buffer.clear().limit((int) Math.min(COPY_BYTES, length - done));
            int step = buffer.limit();
            changes.read(offset + done, buffer);
            durable.write(offset + done, buffer.flip());
            done += step;
        }
    }

    @Override
    public void cache(long offset, long length) throws IOException {
        durable.cache(offset, length);
    }

    @Override
    public Extent extentAt(long offset, long length) throws IOException {
        lock.lock();
        try {
            long run = dirty.run(offset, length);
            return dirty.contains(offset) ? changes.extentAt(offset, run) : durable.extentAt(offset, run);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Extent knownExtentAt(long offset, long length) {
        lock.lock();
        try {
            long run = dirty.run(offset, length);
            return dirty.contains(offset) ? changes.knownExtentAt(offset, run) : durable.knownExtentAt(offset, run);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean mayBlock() {
        return durable.mayBlock();
    }

    @Override
    public void crash() {
        lock.lock();
        try {
            dirty.clear();
            if (size() > 0) {
                changes.zero(0, size(), ZeroMode.MAY_PUNCH);
            }
        } finally {
            lock.unlock();
        }
        durable.crash();
    }

    @Override
    public void close() throws IOException {
        flush();
        durable.close();
    }
}
