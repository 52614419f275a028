// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import nbd4j.client.NbdConnection;
import nbd4j.client.PendingReply;
import nbd4j.model.BlockStatus;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.Extent;
import nbd4j.model.ReadChunk;
import org.jspecify.annotations.Nullable;

/** A connection of the client, in a pool. */
record ClientConnection(NbdConnection client) implements PooledConnection {
    @Override
    public Export export() {
        return client.export();
    }

    @Override
    public boolean isOpen() {
        return client.isOpen();
    }

    @Override
    public void read(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        client.read(offset, into, flags);
    }

    @Override
    public List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        return client.readChunks(offset, into, flags);
    }

    @Override
    public void write(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException {
        client.write(offset, from, flags);
    }

    @Override
    public void writeZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException {
        client.writeZeroes(offset, length, flags);
    }

    @Override
    public void trim(long offset, long length, Set<CommandFlag> flags) throws IOException {
        client.trim(offset, length, flags);
    }

    @Override
    public void cache(long offset, long length) throws IOException {
        client.cache(offset, length);
    }

    @Override
    public void flush() throws IOException {
        client.flush();
    }

    @Override
    public List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags) throws IOException {
        return client.blockStatus(offset, length, flags);
    }

    @Override
    public List<Extent> extents(String context, long offset, long length) throws IOException {
        return client.extents(context, offset, length);
    }

    @Override
    public @Nullable PendingReply submitRead(long offset, ByteBuffer into) throws IOException {
        return client.submitRead(offset, into, Set.of());
    }

    @Override
    public @Nullable PendingReply submitWrite(long offset, ByteBuffer from) throws IOException {
        return client.submitWrite(offset, from, Set.of());
    }

    @Override
    public @Nullable PendingReply submitWriteZeroes(long offset, long length, Set<CommandFlag> flags)
            throws IOException {
        return client.submitWriteZeroes(offset, length, flags);
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public void abort() {
        client.abort();
    }
}
