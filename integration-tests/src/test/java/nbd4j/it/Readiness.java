// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits until a server listens. */
final class Readiness {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Readiness() {}

    /** Something that may end: waits a moment for it and returns whether it has ended. */
    interface Ending {
        boolean await(Duration moment) throws InterruptedException;
    }

    /** Returns once the server listens; fails when it has ended instead, or after 30 seconds. */
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
            var magic = ByteBuffer.allocate(8);
            var in = Channels.newInputStream(channel);
            magic.put(in.readNBytes(magic.capacity()));
            return US_ASCII.decode(magic.flip()).toString().equals("NBDMAGIC");
        } catch (IOException notYet) {
            return false;
        }
    }
}
