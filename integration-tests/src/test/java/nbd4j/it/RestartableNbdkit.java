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
 * An nbdkit that is killed, stopped and started again at the same address. Used by the test's one thread, which
 * nbdkit takes for its parent. It has one thread for each connection, since nbdkit 1.32 with several aborts now and then
 * when it finds that a client has gone.
 */
final class RestartableNbdkit implements AutoCloseable {
    private static final long POLL_MILLIS = 5;
    private static final int PORT = 10809;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Path directory;
    /** What stands before {@code nbdkit}, to run it elsewhere. */
    private final List<String> prefix;

    private final List<String> listen;
    private final String uri;
    private @Nullable Process process;
    private int starts;

    private RestartableNbdkit(Path directory, List<String> prefix, List<String> listen, String uri) {
        this.directory = directory;
        this.prefix = prefix;
        this.listen = listen;
        this.uri = uri;
    }

    /** One with a Unix socket in a folder, where its logs go, too. */
    RestartableNbdkit(Path directory) {
        this(directory, List.of(), List.of("-U", socket(directory)), "nbd+unix:///?socket=" + socket(directory));
    }

    /** One that is reached only over the link to a network namespace. */
    RestartableNbdkit(Path directory, NetworkNamespace within) {
        this(
                directory,
                within.prefix(),
                List.of("-i", within.address(), "-p", String.valueOf(PORT)),
                "nbd://%s:%d/".formatted(within.address(), PORT));
    }

    private static String socket(Path directory) {
        return directory.resolve("nbdkit.sock").toString();
    }

    String uri() {
        return uri;
    }

    /** Starts it with filters, plugin and parameters, and returns when it listens. */
    RestartableNbdkit start(String... arguments) throws IOException, InterruptedException {
        Path pid = directory.resolve("pid" + ++starts);
        var line = new ArrayList<>(prefix);
        line.addAll(List.of("nbdkit", "-f", "--exit-with-parent", "-t", "1", "-P", pid.toString()));
        line.addAll(listen);
        line.addAll(List.of(arguments));
        Files.deleteIfExists(Path.of(socket(directory)));
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
