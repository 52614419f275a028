// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import nbd4j.server.net.TlsWire;
import nbd4j.server.net.Wire;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a script: what is sent to the client, and what is read from it. Every wait ends at the limit of the
 * server, with a {@link SocketTimeoutException}. Used by the script's thread alone.
 */
public final class ScriptedConnection {
    /** The greeting of a fixed newstyle server that leaves out zeroes. */
    public static final String GREETING = "4e42444d41474943 49484156454f5054 0003";

    private static final int KEPT = 1 << 20;
    private static final int LONGEST_MESSAGE = 64 << 20;
    private static final int GO = 7;
    private static final int ABORT = 2;
    private static final int DISC = 2;

    private final List<SeenRequest> requests = new ArrayList<>();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private Wire wire;
    private Dialect dialect = Dialect.SIMPLE;
    private long receivedCount;
    private boolean ended;
    private Transcript.Ending ending = Transcript.Ending.OPEN;

    ScriptedConnection(Wire wire) {
        this.wire = wire;
    }

    /** The client is gone, so the script cannot go on; no failure of the script. */
    static final class ClientGone extends IOException {
        private static final long serialVersionUID = 1;

        ClientGone(IOException cause) {
            super("the client hung up", cause);
        }
    }

    /**
     * Sends bytes in one write.
     *
     * <p>They are written in hex, cut by spaces and bars as one likes. {@code 55*4096} repeats bytes. {@code CK} is the
     * cookie of the request read last, {@code CK2} that of the second one, {@code CK^1} with its lowest bit flipped.
     * {@code GOOD} is a correct reply to the request read last.
     *
     * @param text the bytes
     * @throws IOException if the client is gone, which ends the script and is no failure
     */
    public void send(String text) throws IOException {
        var bytes = ScriptText.bytes(text, dialect, requests);
        sendInSegments(Math.max(1, bytes.length), Duration.ZERO, text);
    }

    /**
     * Sends bytes in several writes.
     *
     * @param size bytes of each write but the last
     * @param pause time between two writes; zero for none
     * @param text the bytes, as for {@link #send}
     * @throws IOException if the client is gone
     */
    public void sendInSegments(int size, Duration pause, String text) throws IOException {
        var bytes = ByteBuffer.wrap(ScriptText.bytes(text, dialect, requests));
        try {
            while (bytes.hasRemaining()) {
                int step = Math.min(size, bytes.remaining());
                wire.write(bytes.slice(bytes.position(), step));
                bytes.position(bytes.position() + step);
                if (bytes.hasRemaining() && pause.isPositive()) {
                    LockSupport.parkNanos(pause.toNanos());
                }
            }
        } catch (SocketTimeoutException stuck) {
            throw stuck;
        } catch (IOException lost) {
            ending = Transcript.Ending.RESET;
            throw new ClientGone(lost);
        }
    }

    /**
     * Reads exactly so many bytes.
     *
     * @param count how many
     * @return the bytes in hex, without spaces
     * @throws IOException if the client sends fewer
     */
    public String expect(int count) throws IOException {
        return HexFormat.of().formatHex(read(count));
    }

    /**
     * Reads bytes that must be these.
     *
     * @param text the bytes, as for {@link #send}
     * @throws IOException if the client sends fewer
     * @throws AssertionError if it sends others
     */
    public void expect(String text) throws IOException {
        var expected = ScriptText.bytes(text, dialect, requests);
        var found = expect(expected.length);
        if (!found.equals(HexFormat.of().formatHex(expected))) {
            throw new AssertionError(
                    "the client sent " + found + ", expected " + HexFormat.of().formatHex(expected));
        }
    }

    private byte[] read(int count) throws IOException {
        var buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (!readSome(buffer)) {
                throw new EOFException("the client closed after " + buffer.position() + " of " + count + " bytes");
            }
        }
        return buffer.array();
    }

    /** Reads and records; returns false at the end. */
    private boolean readSome(ByteBuffer into) throws IOException {
        int start = into.position();
        int count;
        try {
            count = wire.read(into);
        } catch (SocketTimeoutException silent) {
            throw silent;
        } catch (IOException lost) {
            ending = Transcript.Ending.RESET;
            throw lost;
        }
        if (count < 0) {
            ending = Transcript.Ending.CLOSED;
            return false;
        }
        int kept = Math.min(count, KEPT - received.size());
        for (int i = 0; i < kept; i++) {
            received.write(into.get(start + i));
        }
        receivedCount += count;
        return true;
    }

    /**
     * Reads one option.
     *
     * @return what the client asked
     * @throws IOException if the client sends less
     */
    public SeenOption readOption() throws IOException {
        var header = ByteBuffer.wrap(read(16));
        long magic = header.getLong();
        if (magic != 0x49484156454f5054L) {
            throw new AssertionError("option magic " + Long.toHexString(magic) + ", expected IHAVEOPT");
        }
        int option = header.getInt();
        return SeenOption.of(option, read(checked(Integer.toUnsignedLong(header.getInt()))));
    }

    /**
     * Reads one request with its payload.
     *
     * @return what the client asked
     * @throws IOException if the client sends less
     */
    public SeenRequest readRequest() throws IOException {
        var header = readRequestHeader();
        int length = checked(header.payloadLength());
        if (length == 0) {
            return header;
        }
        var whole = header.with(read(length));
        requests.set(requests.size() - 1, whole);
        return whole;
    }

    /**
     * Reads one request, and leaves its payload unread.
     *
     * @return what the client asked
     * @throws IOException if the client sends less
     */
    public SeenRequest readRequestHeader() throws IOException {
        var magic = ByteBuffer.wrap(read(4)).getInt();
        int rest = SeenRequest.COMPACT_BYTES - 4 + (magic == SeenRequest.EXTENDED_MAGIC ? 4 : 0);
        var header = SeenRequest.readFrom(
                ByteBuffer.allocate(4 + rest).putInt(magic).put(read(rest)).flip());
        requests.add(header);
        return header;
    }

    private static int checked(long length) {
        if (length < 0 || length > LONGEST_MESSAGE) {
            throw new AssertionError("the client announced " + Long.toUnsignedString(length) + " bytes");
        }
        return (int) length;
    }

    /**
     * Greets, and reads the client's flags.
     *
     * @return the flags
     * @throws IOException if the client sends fewer than 4 bytes
     */
    public int greet() throws IOException {
        send(GREETING);
        return ByteBuffer.wrap(read(4)).getInt();
    }

    /**
     * Greets and answers options well up to GO, which is granted: 1 MiB, flags 0x0ded, context 1.
     *
     * @param agreed which replies the client gets
     * @throws IOException if the client leaves before
     */
    public void negotiate(Dialect agreed) throws IOException {
        negotiateUntil(agreed, GO);
        send(agreed.answer(GO));
    }

    /**
     * Greets and answers options well, up to one that is read and not answered.
     *
     * @param agreed which replies the client gets
     * @param option the number of that option
     * @return the option
     * @throws IOException if the client leaves before
     * @throws AssertionError if it goes on to GO or ABORT without it
     */
    public SeenOption negotiateUntil(Dialect agreed, int option) throws IOException {
        greet();
        return answerUntil(agreed, option);
    }

    /**
     * Answers options well, up to one that is read and not answered.
     *
     * @param agreed which replies the client gets
     * @param option the number of that option
     * @return the option
     * @throws IOException if the client leaves before
     * @throws AssertionError if it goes on to GO or ABORT without it
     */
    public SeenOption answerUntil(Dialect agreed, int option) throws IOException {
        dialect = agreed;
        var seen = readOption();
        while (seen.option() != option) {
            if (seen.option() == GO || seen.option() == ABORT) {
                throw new AssertionError("the client sent option " + seen.option() + ", expected option " + option);
            }
            send(agreed.answer(seen.option()));
            seen = readOption();
        }
        return seen;
    }

    /**
     * Answers every further request well, until the client sends DISC or is gone.
     *
     * @throws IOException if the client is silent to the limit
     */
    public void serveWell() throws IOException {
        try {
            var request = readRequest();
            while (request.type() != DISC) {
                send("GOOD");
                request = readRequest();
            }
        } catch (EOFException | ClientGone gone) {
            return;
        }
    }

    /**
     * Speaks TLS from now on; send the acknowledgement of STARTTLS before.
     *
     * @param context the server's certificate
     * @throws IOException if the handshake fails
     */
    public void startTls(SSLContext context) throws IOException {
        wire = TlsWire.accept(wire, context, false);
    }

    /**
     * Tells the client that no more bytes follow, and still reads.
     *
     * @throws IOException if the connection is gone
     */
    public void finish() throws IOException {
        wire.finish();
    }

    /** Closes in order. */
    public void close() {
        ended = true;
        wire.close();
    }

    /** Resets a TCP connection; closes another. */
    public void reset() {
        ended = true;
        wire.reset();
    }

    /**
     * Sends nothing and reads until the client hangs up or is silent to the limit; scripts end with this by themselves.
     * How the client's bytes ended is in the transcript.
     */
    public void stall() {
        var buffer = ByteBuffer.allocate(64 << 10);
        try {
            while (!ended && readSome(buffer)) {
                buffer.clear();
            }
        } catch (IOException gone) {
            ended = true;
        }
    }

    /**
     * Returns the requests read so far.
     *
     * @return a copy, in order
     */
    public List<SeenRequest> requests() {
        return List.copyOf(requests);
    }

    Transcript transcript(@Nullable Throwable failure) {
        return new Transcript(HexFormat.of().formatHex(received.toByteArray()), receivedCount, ending, failure);
    }
}
