// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.client.NbdConnection;
import nbd4j.client.PendingReply;
import nbd4j.model.BlockStatus;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.Extent;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.ReadChunk;

/** A connection to a {@link FakeServer}: remembers the commands that succeeded, and dies when a test says so. */
final class FakeConnection implements PooledConnection {
    final int number;
    final List<String> commands = new CopyOnWriteArrayList<>();
    final AtomicInteger closed = new AtomicInteger();
    final AtomicInteger aborted = new AtomicInteger();

    private final FakeServer server;
    private final Export export;
    private volatile boolean open = true;

    FakeConnection(FakeServer server, Export export, int number) {
        this.server = server;
        this.export = export;
        this.number = number;
    }

    void die() {
        open = false;
    }

    private void call(String command) throws IOException {
        requireOpen(command);
        try {
            server.onCall.called(this, command);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(command + " was interrupted");
        }
        requireOpen(command);
        commands.add(command);
    }

    private void requireOpen(String command) throws NbdDisconnectedException {
        if (!open) {
            throw new NbdDisconnectedException(command + " failed: connection %d is gone".formatted(number));
        }
    }

    @Override
    public Export export() {
        return export;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void read(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        int length = into.remaining();
        into.position(into.limit()); // after a failure the position means nothing
        call("read %d %d".formatted(offset, length));
    }

    @Override
    public List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        call("readChunks %d %d".formatted(offset, into.remaining()));
        return List.of(new ReadChunk.Hole(offset, into.remaining()));
    }

    @Override
    public void write(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException {
        int length = from.remaining();
        from.position(from.limit());
        call("write %d %d%s".formatted(offset, length, flags.isEmpty() ? "" : " " + flags));
    }

    @Override
    public void writeZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException {
        call("writeZeroes %d %d%s".formatted(offset, length, flags.isEmpty() ? "" : " " + flags));
    }

    @Override
    public void trim(long offset, long length, Set<CommandFlag> flags) throws IOException {
        call("trim %d %d".formatted(offset, length));
    }

    @Override
    public void cache(long offset, long length) throws IOException {
        call("cache %d %d".formatted(offset, length));
    }

    @Override
    public void flush() throws IOException {
        call("flush");
    }

    @Override
    public List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags) throws IOException {
        call("blockStatus %d %d".formatted(offset, length));
        return List.of();
    }

    @Override
    public List<Extent> extents(String context, long offset, long length) throws IOException {
        call("extents %s %d %d".formatted(context, offset, length));
        return List.of(new Extent(offset, length, 0));
    }

    @Override
    public PendingReply submitRead(long offset, ByteBuffer into) {
        throw new UnsupportedOperationException("a fake has no pipelines");
    }

    @Override
    public PendingReply submitWrite(long offset, ByteBuffer from) {
        throw new UnsupportedOperationException("a fake has no pipelines");
    }

    @Override
    public PendingReply submitWriteZeroes(long offset, long length, Set<CommandFlag> flags) {
        throw new UnsupportedOperationException("a fake has no pipelines");
    }

    @Override
    public void close() {
        open = false;
        closed.incrementAndGet();
    }

    @Override
    public void abort() {
        open = false;
        aborted.incrementAndGet();
    }

    @Override
    public NbdConnection client() {
        throw new UnsupportedOperationException("a fake has no client");
    }
}
