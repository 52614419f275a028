// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import nbd4j.transport.Transport;

/**
 * A server whose words are fixed in advance. Remembers what the client wrote, and how much the client had read by then.
 *
 * <p>The whole script is there to be read from the start, so a client that reads ahead, or acts on a reply that it has
 * not asked for yet, is found out by what it writes.
 */
public final class ScriptedTransport implements Transport {
    /** What comes behind the script. */
    public enum End {
        /** The server hangs up. */
        EOF,
        /** The server says nothing more, and waits. */
        SILENCE,
        /** The connection is reset. */
        RESET,
        /** The server refuses inside TLS. */
        ALERT
    }

    private final ByteBuffer script;
    private final int segment;
    private final End end;
    private final boolean tls;
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final List<Integer> readBeforeWrite = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CountDownLatch silent = new CountDownLatch(1);
    private boolean outputClosed;
    private int reads;

    /** Creates a server that sends its script in pieces of at most some bytes. */
    public ScriptedTransport(byte[] script, int segment, End end, boolean tls) {
        this.script = ByteBuffer.wrap(script);
        this.segment = segment;
        this.end = end;
        this.tls = tls;
    }

    /** Creates a server that sends its script at once, and then hangs up. */
    public static ScriptedTransport of(String... script) {
        return new ScriptedTransport(Hex.bytes(String.join(" ", script)), Integer.MAX_VALUE, End.EOF, false);
    }

    /** Creates a server inside TLS. */
    public static ScriptedTransport secured(String... script) {
        return new ScriptedTransport(Hex.bytes(String.join(" ", script)), Integer.MAX_VALUE, End.EOF, true);
    }

    /** Returns what the client wrote, as hexadecimal text without spaces. */
    public String sent() {
        return Hex.text(sent.toByteArray());
    }

    /** Returns how many bytes of the script the client had read at each of its writes. */
    public List<Integer> readBeforeWrite() {
        return List.copyOf(readBeforeWrite);
    }

    /** Waits until the client waits for more than the script has. */
    public void awaitSilence() throws InterruptedException {
        if (!silent.await(10, TimeUnit.SECONDS)) {
            throw new AssertionError("the client does not wait for the server");
        }
    }

    /** Returns how often the client read. */
    public int reads() {
        return reads;
    }

    /** Returns how many bytes of the script nobody read. */
    public int unread() {
        return script.remaining();
    }

    /** Returns whether the client said that it will send nothing more. */
    public boolean outputClosed() {
        return outputClosed;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        requireOpen();
        reads++;
        if (!script.hasRemaining()) {
            return atEnd();
        }
        int count = Math.min(Math.min(into.remaining(), script.remaining()), segment);
        into.put(script.slice(script.position(), count));
        script.position(script.position() + count);
        return count;
    }

    private int atEnd() throws IOException {
        return switch (end) {
            case EOF -> -1;
            case RESET -> throw new IOException("Connection reset by peer");
            case ALERT -> throw new SSLHandshakeException("certificate required");
            case SILENCE -> throw silence();
        };
    }

    private IOException silence() {
        silent.countDown();
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            return new ClosedByInterruptException();
        }
        return new AsynchronousCloseException();
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        return read(first.hasRemaining() ? first : second);
    }

    @Override
    public void write(ByteBuffer[] buffers, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            write(buffers[i]);
        }
    }

    @Override
    public void write(ByteBuffer buffer) throws IOException {
        requireOpen();
        readBeforeWrite.add(script.position());
        while (buffer.hasRemaining()) {
            sent.write(buffer.get());
        }
    }

    private void requireOpen() throws IOException {
        if (isClosed()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void closeOutput() {
        outputClosed = true;
    }

    @Override
    public void close() {
        closed.countDown();
    }

    @Override
    public boolean isClosed() {
        return closed.getCount() == 0;
    }

    @Override
    public boolean tls() {
        return tls;
    }

    @Override
    public String peer() {
        return "server.example:10809";
    }
}
