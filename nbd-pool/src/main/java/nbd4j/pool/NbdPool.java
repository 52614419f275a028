// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.model.BlockStatus;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.Extent;
import nbd4j.model.ReadChunk;
import nbd4j.uri.NbdUri;

/**
 * Several connections to one export that stay useful while connections, servers and networks fail.
 *
 * <p>The first connection tells what the export is. If the server advertises CAN_MULTI_CONN, more are made in the
 * background, up to {@link PoolOptions#connections()}; else the pool has just the one. Those that cannot be made are
 * tried again, with growing waits; a smaller pool is no failure. A connection that dies is replaced. One that leads to
 * an export of another size, or with other flags, block sizes or contexts is refused; if that is all the server offers
 * after every connection was lost, the pool fails for good.
 *
 * <p>Two ways to use it: the calls of {@link SharedCalls}, which many threads make at once over whichever connection
 * has the least to do; and {@link #lease}, which gives one connection to one borrower. A call that fails here failed
 * once: {@link #retrying()} gives the same calls with repetition.
 *
 * <p>Thread-safe. Starts virtual threads of its own; {@link #close} ends them.
 */
public final class NbdPool implements SharedCalls, AutoCloseable {
    private final Roster roster;
    private final Turnstile turnstile;
    private final Leases leases;
    private final Ending ending;
    private final PooledCalls calls;

    private NbdPool(Surroundings surroundings, PoolOptions options, Export export) {
        roster = new Roster(surroundings, options, export);
        turnstile = new Turnstile(roster);
        leases = new Leases(roster);
        ending = new Ending(roster, turnstile);
        calls = new PooledCalls(roster, turnstile, RetryPolicy.never());
    }

    /** Makes one connection after the other to the same export. Called by several threads at once. */
    @FunctionalInterface
    public interface Connector {
        /**
         * Connects and does the handshake.
         *
         * @throws IOException if there is no connection to be had now
         */
        NbdConnection connect() throws IOException;
    }

    /**
     * Opens a pool on the export that a URI names.
     *
     * @throws IllegalArgumentException if it is not an NBD URI
     * @throws IOException as {@link NbdClient#connect} does, if the first connection cannot be made
     */
    public static NbdPool open(String uri, PoolOptions options) throws IOException {
        return open(NbdUri.parse(uri), options);
    }

    /**
     * Opens a pool on the export that a URI names. Returns when there is one connection; the others follow.
     *
     * @throws IOException as {@link NbdClient#connect} does, if the first connection cannot be made; a timeout, if it
     *     could not be made within {@link PoolOptions#connectWait()}
     */
    public static NbdPool open(NbdUri uri, PoolOptions options) throws IOException {
        return open(uri.toString(), () -> NbdClient.connect(uri, options.connect()), options);
    }

    /**
     * Opens a pool of connections that are made in the caller's own way.
     *
     * @param name what to call the pool in messages
     * @param connector makes connections; it may fail at any time, and is called again later. Those it made are closed
     *     by the pool
     * @param options all but {@link PoolOptions#connect()} is used
     * @throws IOException if the first connection cannot be made
     */
    public static NbdPool open(String name, Connector connector, PoolOptions options) throws IOException {
        return open(
                Surroundings.real(name, () -> new ClientConnection(connector.connect()), options.threads()), options);
    }

    static NbdPool open(Surroundings surroundings, PoolOptions options) throws IOException {
        var first = new FirstConnection(surroundings, options);
        PooledConnection connection = first.dial();
        var pool = new NbdPool(surroundings, options, connection.export());
        pool.begin(connection, first.tookNanos());
        return pool;
    }

    private void begin(PooledConnection first, long tookNanos) {
        roster.lock.lock();
        try {
            roster.counters.dials++;
            roster.join(roster.slots[0], first, tookNanos);
            roster.spawn(new Housekeeper(roster, turnstile, leases)::run);
        } finally {
            roster.lock.unlock();
        }
    }

    /**
     * Takes a connection for exclusive use; waits, in order, until one has nothing else to do. While every connection
     * is leased, shared calls wait.
     *
     * @param limit how long to wait; zero: not at all
     * @throws nbd4j.model.NbdTimeoutException if there was none in time
     * @throws java.io.InterruptedIOException if the caller was interrupted while it waited
     * @throws IOException if the pool is closed, or failed
     */
    public Lease lease(Duration limit) throws IOException {
        PoolOptions.requireLimit("lease limit", limit);
        Live live = turnstile.take(Need.EXCLUSIVE, 0, limit.toNanos());
        Lease lease = null;
        try {
            lease = new Lease(live, roster.now(), leases.borrower(), turnstile, leases);
            leases.add(lease);
            return lease;
        } finally {
            if (lease == null) {
                turnstile.giveBackLease(live);
            }
        }
    }

    /**
     * Returns a way for one thread to have several requests in flight. The best way to move much data: as many threads
     * as there are connections, each with a pipeline of its own.
     */
    public Pipeline pipeline() {
        return new Pipeline(roster, turnstile);
    }

    /** Returns the same calls, repeated as {@link PoolOptions#retry()} says. */
    public SharedCalls retrying() {
        return retrying(roster.options.retry());
    }

    /**
     * Returns the same calls, repeated as a policy says. All of them may be repeated safely as long as nobody else
     * writes to the same range: a write that was given up may still reach the server later than its repetition, so do
     * not write other data to a range whose write was repeated before the next flush succeeded.
     */
    public SharedCalls retrying(RetryPolicy policy) {
        return new PooledCalls(roster, turnstile, policy);
    }

    /**
     * Waits until the pool has some number of connections, or as many as it may have.
     *
     * @return false if the time was up before, or the pool ended
     * @throws InterruptedException if the caller is interrupted
     */
    public boolean awaitConnections(int count, Duration limit) throws InterruptedException {
        int enough = Math.min(count, roster.slots.length);
        roster.lock.lock();
        try {
            long began = roster.now();
            while (roster.liveCount() < enough) {
                long left = limit.toNanos() - (roster.now() - began);
                if (left <= 0 || roster.ended()) {
                    return false;
                }
                roster.surroundings.time().await(roster.lock, roster.progress, left);
            }
            return true;
        } finally {
            roster.lock.unlock();
        }
    }

    /** Returns how things stand. */
    public PoolStats stats() {
        roster.lock.lock();
        try {
            return roster.stats(turnstile.waitingCount());
        } finally {
            roster.lock.unlock();
        }
    }

    /**
     * Ends the pool in good order: takes no more calls, fails those that wait for a connection, waits up to
     * {@link PoolOptions#closeWait()} for calls in flight and leases, closes the connections that are idle in an
     * orderly way and cuts off the others. A connection that is being made is made and closed, or cut off where that
     * takes much longer than the others took. The listener hears of it all before the return, unless it takes more than a
     * second. Returns after a bounded time. Interrupting it only shortens the waits.
     * Unflushed writes are not flushed.
     */
    @Override
    public void close() {
        ending.close();
    }

    /** Ends the pool at once: calls in flight fail, connections are cut off. Does not block. */
    public void abort() {
        ending.abort();
    }

    @Override
    public Export export() {
        return calls.export();
    }

    @Override
    public void read(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        calls.read(offset, into, flags);
    }

    @Override
    public List<ReadChunk> readChunks(long offset, ByteBuffer into, Set<CommandFlag> flags) throws IOException {
        return calls.readChunks(offset, into, flags);
    }

    @Override
    public void write(long offset, ByteBuffer from, Set<CommandFlag> flags) throws IOException {
        calls.write(offset, from, flags);
    }

    @Override
    public void writeZeroes(long offset, long length, Set<CommandFlag> flags) throws IOException {
        calls.writeZeroes(offset, length, flags);
    }

    @Override
    public void trim(long offset, long length, Set<CommandFlag> flags) throws IOException {
        calls.trim(offset, length, flags);
    }

    @Override
    public void cache(long offset, long length) throws IOException {
        calls.cache(offset, length);
    }

    @Override
    public List<BlockStatus> blockStatus(long offset, long length, Set<CommandFlag> flags) throws IOException {
        return calls.blockStatus(offset, length, flags);
    }

    @Override
    public List<Extent> extents(String context, long offset, long length) throws IOException {
        return calls.extents(context, offset, length);
    }

    @Override
    public long flush() throws IOException {
        return calls.flush();
    }

    @Override
    public long lifetime() {
        return calls.lifetime();
    }
}
