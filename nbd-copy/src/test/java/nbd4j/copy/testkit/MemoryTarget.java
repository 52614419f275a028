// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import nbd4j.copy.endpoint.Target;
import nbd4j.copy.endpoint.ZeroMode;
import nbd4j.model.BlockSizes;

/**
 * A target in memory with a write-back cache: only a flush makes content durable, and a crash drops the rest. Full of
 * 0xff at first. Logs what it is asked and fails on script.
 */
public final class MemoryTarget implements Target {
    /** Called before each write, zero and flush; throws to fail it. */
    public interface Script {
        void before(String call, long offset, long length) throws IOException;
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final byte[] cache;
    private final byte[] durable;
    private final List<String> log = new ArrayList<>();
    private BlockSizes sizes = BlockSizes.UNADVERTISED;
    private boolean zero = true;
    private boolean flush = true;
    private boolean zeroAlready;
    private Script script = (call, offset, length) -> {};
    private long lifetime = 1;
    private boolean finished;

    public MemoryTarget(int size) {
        cache = new byte[size];
        Arrays.fill(cache, (byte) 0xff);
        durable = cache.clone();
    }

    public MemoryTarget withSizes(BlockSizes sizes) {
        this.sizes = sizes;
        return this;
    }

    public MemoryTarget withoutZero() {
        this.zero = false;
        return this;
    }

    public MemoryTarget withoutFlush() {
        this.flush = false;
        return this;
    }

    public MemoryTarget filledWithZeroes() {
        Arrays.fill(cache, (byte) 0);
        Arrays.fill(durable, (byte) 0);
        this.zeroAlready = true;
        return this;
    }

    public MemoryTarget withScript(Script script) {
        this.script = script;
        return this;
    }

    /** Loses what was not flushed, as a server does that is killed and started again. */
    public void crash() {
        lock.lock();
        try {
            System.arraycopy(durable, 0, cache, 0, cache.length);
            lifetime++;
        } finally {
            lock.unlock();
        }
    }

    /** Returns what would survive a crash. */
    public byte[] durable() {
        return durable;
    }

    /** Returns what a reader sees. */
    public byte[] content() {
        return cache;
    }

    public boolean finished() {
        return finished;
    }

    /** Returns the calls that succeeded, such as {@code write 0 4096} and {@code zero 0 4096 MAY_PUNCH}, in order. */
    public List<String> log() {
        lock.lock();
        try {
            return List.copyOf(log);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String name() {
        return "memory target";
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(cache.length);
    }

    @Override
    public BlockSizes blockSizes() {
        return sizes;
    }

    @Override
    public int maximumParallel() {
        return 8;
    }

    @Override
    public boolean canZero() {
        return zero;
    }

    @Override
    public boolean canFlush() {
        return flush;
    }

    @Override
    public boolean isZeroAlready() {
        return zeroAlready;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        int length = from.remaining();
        script.before("write", offset, length);
        if (length > sizes.maximumPayload()) {
            throw new IOException("write of %d is more than %d".formatted(length, sizes.maximumPayload()));
        }
        requireAligned(offset, length);
        lock.lock();
        try {
            from.get(cache, (int) offset, length);
            log.add("write " + offset + " " + length);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean zero(long offset, long length, ZeroMode mode) throws IOException {
        script.before("zero", offset, length);
        requireAligned(offset, length);
        lock.lock();
        try {
            Arrays.fill(cache, (int) offset, (int) (offset + length), (byte) 0);
            log.add("zero " + offset + " " + length + " " + mode);
        } finally {
            lock.unlock();
        }
        return true;
    }

    @Override
    public void flush() throws IOException {
        script.before("flush", 0, 0);
        lock.lock();
        try {
            System.arraycopy(cache, 0, durable, 0, cache.length);
            log.add("flush");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long lifetime() {
        lock.lock();
        try {
            return lifetime;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void finish(long size) {
        finished = true;
    }

    @Override
    public void close() {}

    private void requireAligned(long offset, long length) throws IOException {
        if (offset % sizes.minimum() != 0 || (length % sizes.minimum() != 0 && offset + length != cache.length)) {
            throw new IOException(
                    "%d bytes at %d break the minimum block %d".formatted(length, offset, sizes.minimum()));
        }
    }
}
