// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A connection to a server that is a child process: tells of its exit, and may end it. */
final class ChildTransport implements Transport {
    private final Transport socket;
    private final ServerProcess server;
    private final boolean ownsServer;
    /** Once set, the end of the stream is what was asked for. */
    private volatile boolean outputClosed;

    ChildTransport(Transport socket, ServerProcess server, boolean ownsServer) {
        this.socket = socket;
        this.server = server;
        this.ownsServer = ownsServer;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int count;
        try {
            count = socket.read(into);
        } catch (IOException e) {
            throw explained(e);
        }
        return (int) checked(count);
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        long count;
        try {
            count = socket.read(first, second);
        } catch (IOException e) {
            throw explained(e);
        }
        return checked(count);
    }

    /** The end of the stream is no failure, but the server's exit may be one. */
    private long checked(long count) throws IOException {
        if (count < 0 && !isExpected()) {
            var end = new EOFException("the server %s closed the connection".formatted(server.program()));
            Optional<IOException> exit = server.failedExit(end);
            if (exit.isPresent()) {
                throw exit.get();
            }
        }
        return count;
    }

    /** A server that ends its connections because it fails has said why on its standard error. */
    private IOException explained(IOException failure) {
        return isExpected() ? failure : server.failedExit(failure).orElse(failure);
    }

    /** Returns whether the connection ends because this side wants it to. */
    private boolean isExpected() {
        return outputClosed || socket.isClosed();
    }

    @Override
    public void write(ByteBuffer[] buffers, int count) throws IOException {
        try {
            socket.write(buffers, count);
        } catch (IOException e) {
            throw explained(e);
        }
    }

    @Override
    public void write(ByteBuffer buffer) throws IOException {
        try {
            socket.write(buffer);
        } catch (IOException e) {
            throw explained(e);
        }
    }

    @Override
    public void closeOutput() {
        outputClosed = true;
        socket.closeOutput();
    }

    @Override
    public void close() {
        socket.close();
        if (ownsServer) {
            server.closeSoon();
        }
    }

    @Override
    public long bytesSent() {
        return socket.bytesSent();
    }

    @Override
    public boolean isClosed() {
        return socket.isClosed();
    }

    @Override
    public boolean tls() {
        return false;
    }

    @Override
    public String peer() {
        return "[ " + server.program() + " ]";
    }
}
