// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Starts NBD servers somewhere: as processes of this machine, of another root, or in containers. A test that is written
 * against it runs with each.
 *
 * <p>No server outlives the JVM or {@link #close}.
 */
public interface ServerProvider extends AutoCloseable {
    /**
     * Returns a folder that servers see under the same path, for images and sockets. {@link #close} deletes it.
     *
     * @throws IOException if it cannot be made
     */
    Path directory() throws IOException;

    /**
     * Starts a server and waits until it listens, 30 seconds at most.
     *
     * @throws IOException if the server ended or did not listen in time; the message has what it printed
     * @throws InterruptedException if interrupted while waiting
     */
    RunningServer start(ServerCommand command, ServerCommand.Listen listen) throws IOException, InterruptedException;

    /** Ends all servers and deletes {@link #directory}. */
    @Override
    void close() throws IOException;
}
