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

/** What the pool uses of a connection: an {@link NbdConnection} in earnest, a scripted one in the pool's own tests. */
interface PooledConnection {
    Export export();

    /** Returns whether requests are still taken. Cheap: asked for each connection at each call. */
    boolean isOpen();

    void read(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException;

    List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException;

    void write(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException;

    void writeZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException;

    void trim(long offset, long length, Set<CommandFlag> flags) throws IOException;

    void cache(long offset, long length) throws IOException;

    void flush() throws IOException;

    List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags) throws IOException;

    List<Extent> extents(String context, long offset, long length) throws IOException;

    /** Sends a read to be awaited by this thread; null if as many requests as allowed are in flight. */
    @Nullable
    PendingReply submitRead(long offset, ByteBuffer into) throws IOException;

    /** Sends a write to be awaited by this thread; null as above. */
    @Nullable
    PendingReply submitWrite(long offset, ByteBuffer from) throws IOException;

    /** Sends a zeroing to be awaited by this thread; null as above. */
    @Nullable
    PendingReply submitWriteZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException;

    /** Ends the connection in an orderly way and within its own limits. Does not throw. */
    void close();

    /** Ends the connection at once; requests in flight fail. Does not throw. */
    void abort();

    /** Returns what a borrower works with. */
    NbdConnection client();
}
