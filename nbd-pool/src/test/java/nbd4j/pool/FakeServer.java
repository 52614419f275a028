// SPDX-License-Identifier: Apache-2.0
package nbd4j.pool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import nbd4j.model.BlockSizes;
import nbd4j.model.Export;
import nbd4j.model.ExportInfo;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.MetaContext;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;

/** A server without a wire: counts who dials and calls, and does what a test puts in their way. */
final class FakeServer implements Dialer {
    static final int FLAGS =
            TransmissionFlags.HAS_FLAGS | TransmissionFlags.SEND_FLUSH | TransmissionFlags.CAN_MULTI_CONN;
    static final long SIZE = 1 << 20;

    /** What happens when somebody dials: may wait, may fail. */
    interface DialHook {
        void dialling(int attempt) throws IOException, InterruptedException;
    }

    /** What happens when somebody calls: may wait, may fail. */
    interface CallHook {
        void called(FakeConnection connection, String command) throws IOException, InterruptedException;
    }

    /** Every connection ever made, in order. */
    final List<FakeConnection> connections = new CopyOnWriteArrayList<>();
    /** Attempts to connect, the failed ones included. */
    final AtomicInteger dials = new AtomicInteger();
    /** What a new connection is told of the export. */
    volatile Export export = export(SIZE, FLAGS);

    volatile DialHook onDial = attempt -> {};
    volatile CallHook onCall = (connection, command) -> {};

    static Export export(long size, int flags, String... contexts) {
        var metaContexts = new ArrayList<MetaContext>();
        for (String context : contexts) {
            metaContexts.add(new MetaContext(metaContexts.size() + 7L, context));
        }
        var transmissionFlags = new TransmissionFlags(flags);
        var info = new ExportInfo("", size, transmissionFlags, Optional.empty(), Optional.empty(), Optional.empty());
        return new Export(
                info,
                transmissionFlags,
                BlockSizes.UNADVERTISED,
                metaContexts,
                ReplyStyle.STRUCTURED,
                HandshakeStyle.FIXED_NEWSTYLE,
                false);
    }

    @Override
    public PooledConnection dial() throws IOException {
        int attempt = dials.incrementAndGet();
        try {
            onDial.dialling(attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while dialling");
        }
        var connection = new FakeConnection(this, export, attempt);
        connections.add(connection);
        return connection;
    }

    /** From now on nobody answers, and every connection is dead. */
    void kill() {
        onDial = attempt -> {
            throw new ConnectException("Connection refused");
        };
        connections.forEach(FakeConnection::die);
    }

    /** Answers again. */
    void restart() {
        onDial = attempt -> {};
    }

    /** Returns the connections that are open. */
    List<FakeConnection> open() {
        return connections.stream().filter(FakeConnection::isOpen).toList();
    }
}
