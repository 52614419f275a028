// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NbdServerTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String READ = "25609513 0000 0000 00000000000000a1 0000000000000000 00000001";
    private static final String WRITE = "25609513 0000 0001 00000000000000a1 0000000000000000 00000001 55";
    private static final String FLUSH = "25609513 0000 0003 00000000000000a2 0000000000000000 00000000";

    private static ServerOptions mebibyte() {
        return ServerOptions.defaults().withExport(MemoryStorage.of(1 << 20));
    }

    @Test
    void losesUnflushedWritesWhenKilledAndComesBackAtTheSamePort() throws Exception {
        var disk = MemoryStorage.of(1 << 20);
        try (var server = NbdServer.start(ServerOptions.defaults().withExport(WriteBackCache.over(disk)))) {
            int port = server.port();
            try (var client = RawClient.simple(server)) {
                client.send(WRITE);
                client.receive(16);
                server.kill();
                client.expectEnd();
            }
            server.restart();
            assertThat(server.port()).isEqualTo(port);
            try (var client = RawClient.simple(server)) {
                client.send(READ);
                client.expect("67446698 00000000 00000000000000a1 00");
                client.send(WRITE + FLUSH);
                client.receive(32);
                server.kill();
            }
            server.restart();
            try (var client = RawClient.simple(server)) {
                client.send(READ);
                client.expect("67446698 00000000 00000000000000a1 55");
            }
        }
    }

    @Test
    void givesItsPortFreeWhenItIsClosed() throws Exception {
        var first = NbdServer.start(mebibyte());
        var samePort = mebibyte().withTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), first.port()));
        first.close();
        for (int round = 0; round < 200; round++) {
            var next = NbdServer.start(samePort);
            RawClient.connect(next).close();
            next.close();
        }
    }

    @Test
    void turnsNewRequestsAwayWhileItStops() throws Exception {
        try (var server = NbdServer.start(mebibyte().withRequestLog(10));
                var client = RawClient.simple(server)) {
            client.send(READ);
            client.receive(17);
            var stopping = Thread.ofVirtual().start(() -> server.stop(LIMIT));
            String reply;
            do {
                client.send(READ);
                reply = HexFormat.of().formatHex(client.receive(16));
                if (reply.startsWith("6744669800000000")) {
                    client.receive(1);
                }
            } while (reply.startsWith("6744669800000000"));
            assertThat(reply).isEqualTo("674466980000006c00000000000000a1");
            client.send("25609513 0000 0002 0000000000000000 0000000000000000 00000000");
            assertThat(stopping.join(LIMIT)).isTrue();
            assertThat(server.awaitStopped(Duration.ZERO)).isTrue();
        }
    }

    @Test
    void hangsUpOnClientsBeyondTheMaximum() throws Exception {
        try (var server = NbdServer.start(mebibyte().withMaximumConnections(1))) {
            try (var first = RawClient.simple(server);
                    var second = RawClient.connect(server)) {
                second.expectEnd();
                first.send(READ);
                first.receive(17);
            }
            assertThat(server.awaitNoConnections(LIMIT)).isTrue();
            try (var third = RawClient.greeted(server)) {
                assertThat(server.acceptedCount()).isEqualTo(2);
                third.send(RawClient.OPTION + "00000002 00000000");
                third.receive(20);
            }
        }
    }

    @Test
    void stopsAfterItsLastClientInOneShotMode() throws Exception {
        try (var server = NbdServer.start(mebibyte().withOneShot())) {
            RawClient.simple(server).close();
            assertThat(server.awaitStopped(LIMIT)).isTrue();
            assertThatThrownBy(() -> RawClient.connect(server)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void servesOverAUnixSocketAndRemovesIt(@TempDir Path folder) throws Exception {
        var path = folder.resolve("a b");
        try (var server = NbdServer.start(mebibyte().withUnix(path))) {
            assertThat(server.uri("x/y").toString()).isEqualTo("nbd+unix:///x%2Fy?socket=" + folder + "/a%20b");
            try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                var greeting = ByteBuffer.allocate(18);
                while (greeting.hasRemaining()) {
                    assertThat(channel.read(greeting)).isPositive();
                }
                assertThat(greeting.array()).isEqualTo(RawClient.bytes(RawClient.GREETING));
            }
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void closesAtOnceThoughARequestIsDelayedForEver() throws Exception {
        var server = NbdServer.start(mebibyte().withRequestLog(10));
        var fault = server.faults().add(Fault.on(Command.READ).delay(Duration.ofDays(1)));
        try (var client = RawClient.simple(server)) {
            client.send(READ);
            assertThat(fault.awaitFired(1, LIMIT)).isTrue();
            var closing = Thread.ofVirtual().start(server::close);
            assertThat(closing.join(LIMIT)).isTrue();
            client.expectEnd();
        }
        server.close();
        assertThatThrownBy(server::restart).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void saysWhichAddressCannotBeHad() throws Exception {
        try (var server = NbdServer.start(mebibyte())) {
            var taken = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
            assertThatThrownBy(() -> NbdServer.start(mebibyte().withTcp(taken)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot listen on " + taken);
        }
    }

    @Test
    void runsSlowStoragesInParallel() throws Exception {
        var gate = new CountDownLatch(2);
        var slow = new Storage() {
            @Override
            public long size() {
                return 1 << 20;
            }

            @Override
            public void read(long offset, ByteBuffer into) throws IOException {
                gate.countDown();
                try {
                    if (!gate.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                        throw new IOException("the other read did not begin");
                    }
                } catch (InterruptedException stop) {
                    throw new IOException(stop);
                }
                into.position(into.limit());
            }

            @Override
            public void write(long offset, ByteBuffer from) {
                throw new UnsupportedOperationException("no writes");
            }
        };
        try (var server = NbdServer.start(ServerOptions.defaults().withExport(slow));
                var client = RawClient.simple(server)) {
            client.send(READ + READ + WRITE);
            var replies = HexFormat.of().formatHex(client.receive(17 + 17 + 16));
            assertThat(replies.split("6744669800000000", -1)).hasSize(3);
            assertThat(replies).contains("6744669800000005");
        }
    }
}
