// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;

/**
 * Loads on a thread of its own what takes the JDK long, while the command goes on. Whoever needs it soon waits for what is
 * left of it. See docs/performance.md, "Start-up".
 */
final class HeadStart {
    private HeadStart() {}

    /** Begins, and waits for nothing. */
    static void begin(Runnable loading) {
        CliThreads.FACTORY.newThread(loading).start();
    }

    /** Returns whether a word of the command line is the URI of a Unix socket. */
    static boolean isUnix(String word) {
        return word.startsWith("nbd+unix:") || word.startsWith("nbds+unix:");
    }

    /** The JDK's Unix sockets, which begin with a secure random generator: 40 ms. */
    static void unixSockets() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.configureBlocking(true);
        } catch (IOException | UnsupportedOperationException e) {
            // Whoever needs one finds out, and says what for.
        }
    }
}
