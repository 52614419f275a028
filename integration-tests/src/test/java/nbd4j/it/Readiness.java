// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Waits until a server listens. */
final class Readiness {
    /** A server listens in less than a second, on a crowded machine in some; whatever takes longer hangs. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** For a greeting, which is there at once where a server is; after it the question is asked again. */
    private static final Duration GREETING_LIMIT = Duration.ofSeconds(10);

    private Readiness() {}

    /** Something that may end: waits a moment for it and returns whether it has ended. */
    interface Ending {
        boolean await(Duration moment) throws InterruptedException;
    }

    /** Returns once the server listens; fails when it has ended instead, or after two minutes. */
    static void await(ServerCommand command, BooleanSupplier listens, Ending ending, RunningServer.Handle handle)
            throws IOException, InterruptedException {
        var deadline = System.nanoTime() + LIMIT.toNanos();
        while (!listens.getAsBoolean()) {
            var ended = ending.await(Duration.ofMillis(10));
            if (ended || System.nanoTime() > deadline) {
                handle.kill();
                throw new IOException(command + (ended ? " ended" : " did not listen within " + LIMIT)
                        + "; it printed: " + handle.log());
            }
        }
    }

    /**
     * Whether the server listens: by its pid file, which no client disturbs, or else by its greeting.
     *
     * @param paths the files of the server
     */
    static boolean listens(ServerCommand command, ServerCommand.Paths paths, RunningServer.Address address) {
        return command.writesPid() ? isWritten(paths) : greets(address);
    }

    private static boolean isWritten(ServerCommand.Paths paths) {
        try {
            return Files.size(paths.pid()) > 0;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static boolean greets(RunningServer.Address address) {
        var socket = switch (address) {
            case RunningServer.Address.Tcp tcp -> new InetSocketAddress(tcp.host(), tcp.port());
            case RunningServer.Address.Unix unix -> UnixDomainSocketAddress.of(unix.socket());
        };
        try (var channel = SocketChannel.open(socket)) {
            // Some other server may be there that says nothing; closing the channel ends the read.
            var greeting = new FutureTask<byte[]>(
                    () -> Channels.newInputStream(channel).readNBytes(8));
            Thread.ofVirtual().start(greeting);
            byte[] magic = greeting.get(GREETING_LIMIT.toSeconds(), TimeUnit.SECONDS);
            return new String(magic, US_ASCII).equals("NBDMAGIC");
        } catch (IOException | ExecutionException | TimeoutException notYet) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
