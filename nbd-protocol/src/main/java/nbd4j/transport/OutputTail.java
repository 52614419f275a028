// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what a child process says, so that it never blocks on saying it, and keeps the end for error messages. */
final class OutputTail {
    private static final Logger LOG = LoggerFactory.getLogger(OutputTail.class);

    /** Bytes kept; enough for the message that explains an exit. */
    private static final int KEPT = 2048;

    /** How long the last words may take from the exit of the process to here. */
    private static final long LAST_WORDS_MILLIS = 500;

    private final String program;
    private final InputStream in;
    private final Thread reader;
    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by {@code lock}. */
    private byte[] tail = {};

    private OutputTail(String program, InputStream in) {
        this.program = program;
        this.in = in;
        // Reading a pipe would hold the carrier of a virtual thread.
        this.reader = Thread.ofPlatform().daemon().name("nbd-server-output").unstarted(this::read);
    }

    static OutputTail of(Process process, String program) {
        var output = new OutputTail(program, process.getErrorStream());
        output.reader.start();
        return output;
    }

    private void read() {
        var buffer = new byte[KEPT];
        try (in) {
            int count = in.read(buffer);
            while (count >= 0) {
                keep(buffer, count);
                count = in.read(buffer);
            }
        } catch (IOException e) {
            LOG.trace("output of server {} ended", program, e);
        }
    }

    private void keep(byte[] bytes, int count) {
        if (LOG.isDebugEnabled()) {
            LOG.debug("server {}: {}", program, PeerText.path(new String(bytes, 0, count, StandardCharsets.UTF_8)));
        }
        lock.lock();
        try {
            int old = Math.min(tail.length, KEPT - count);
            var joined = new byte[old + count];
            System.arraycopy(tail, tail.length - old, joined, 0, old);
            System.arraycopy(bytes, 0, joined, old, count);
            tail = joined;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the end of the output of a process that exited, with a colon before it; nothing if it said nothing. */
    String quoted() throws InterruptedException {
        reader.join(LAST_WORDS_MILLIS);
        lock.lock();
        try {
            String text = new String(tail, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : ": " + PeerText.path(text.replaceAll("\\s*\\n\\s*", "; "));
        } finally {
            lock.unlock();
        }
    }
}
