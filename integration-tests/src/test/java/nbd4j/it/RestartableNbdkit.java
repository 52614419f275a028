// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An nbdkit that is killed, stopped and started again on the same Unix socket. Used by the test's one thread, which
 * nbdkit takes for its parent.
 */
final class RestartableNbdkit implements AutoCloseable {
    private static final long POLL_MILLIS = 5;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Path directory;
    private final Path socket;
    private @Nullable Process process;
    private int starts;

    RestartableNbdkit(Path directory) {
        this.directory = directory;
        socket = directory.resolve("nbdkit.sock");
    }

    String uri() {
        return "nbd+unix:///?socket=" + socket;
    }

    /** Starts it with filters, plugin and parameters, and returns when it listens. */
    RestartableNbdkit start(String... arguments) throws IOException, InterruptedException {
        Path pid = directory.resolve("pid" + ++starts);
        var line = new ArrayList<>(
                List.of("nbdkit", "-f", "--exit-with-parent", "-P", pid.toString(), "-U", socket.toString()));
        line.addAll(List.of(arguments));
        Files.deleteIfExists(socket);
        Path log = directory.resolve("log" + starts);
        Process started = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process = started;
        long end = System.nanoTime() + LIMIT_NANOS;
        while (!Files.exists(pid)) {
            if (started.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
                throw new IOException(line + " does not listen: " + Files.readString(log));
            }
        }
        return this;
    }

    void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    /** Sends a signal such as STOP or CONT. */
    void signal(String name) throws IOException, InterruptedException {
        if (process != null) {
            Tools.run("kill", "-" + name, String.valueOf(process.pid())).succeeded();
        }
    }

    /** Waits until it has ended by itself. */
    boolean ends() throws InterruptedException {
        return process == null || process.waitFor(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
