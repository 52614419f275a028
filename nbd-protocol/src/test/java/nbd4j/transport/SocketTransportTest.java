// SPDX-License-Identifier: Apache-2.0
package nbd4j.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class SocketTransportTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @Test
    void readsIntoTwoBuffersInOrder() throws Exception {
        try (var pair = Pair.tcp()) {
            pair.server().write(ascii("headerpayload"));
            var first = ByteBuffer.allocate(6);
            var second = ByteBuffer.allocateDirect(20);

            long count = pair.client().read(first, second);

            assertThat(count).isEqualTo(13);
            assertThat(text(first)).isEqualTo("header");
            assertThat(text(second)).isEqualTo("payload");
        }
    }

    @Test
    void readsIntoTheOneBufferThatHasRoom() throws Exception {
        try (var pair = Pair.tcp()) {
            pair.server().write(ascii("abcd"));
            var full = ByteBuffer.allocate(0);
            var into = ByteBuffer.allocate(2);
            assertThat(pair.client().read(full, into)).isEqualTo(2);
            var rest = ByteBuffer.allocate(2);
            assertThat(pair.client().read(rest, full)).isEqualTo(2);

            assertThat(text(into) + text(rest)).isEqualTo("abcd");
        }
    }

    @Test
    void reportsTheEndOfTheStream() throws Exception {
        try (var pair = Pair.tcp()) {
            pair.server().close();

            assertThat(pair.client().read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(pair.client().read(ByteBuffer.allocate(1), ByteBuffer.allocate(1)))
                    .isEqualTo(-1);
        }
    }

    @Test
    void writesAllOfManyBuffersAndLeavesTheOthersAlone() throws Exception {
        try (var pair = Pair.tcp()) {
            var large = ByteBuffer.allocateDirect(8 << 20);
            var buffers = new ByteBuffer[] {ascii("a"), ascii(""), large, ascii("z"), ascii("not counted")};
            var received = inBackground(() -> readAll(pair.server()));

            pair.client().write(buffers, 4);
            pair.client().closeOutput();

            assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo((8 << 20) + 2);
            assertThat(large.hasRemaining()).isFalse();
            assertThat(buffers[4].remaining()).isEqualTo(11);
        }
    }

    @Test
    void goesOnReadingAfterItClosedItsOutput() throws Exception {
        try (var pair = Pair.tcp()) {
            pair.client().closeOutput();
            assertThat(pair.server().read(ByteBuffer.allocate(1))).isEqualTo(-1);
            pair.server().write(ascii("x"));

            assertThat(pair.client().read(ByteBuffer.allocate(1))).isEqualTo(1);
        }
    }

    @Test
    void endsAReadInProgressWhenItIsClosed() throws Exception {
        try (var pair = Pair.tcp()) {
            var read = inBackground(() -> pair.client().read(ByteBuffer.allocate(1)));

            pair.client().close();
            pair.client().close();

            assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThat(pair.client().isClosed()).isTrue();
        }
    }

    @Test
    void gen05_sendsSmallWritesAtOnceAndTakesTheReceiveBuffer() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            try (var transport = TcpConnector.connect("localhost", server.getLocalPort(), LIMIT, 32 * 1024)) {
                SocketChannel channel = transport.channel();
                assertThat(channel.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
                assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE))
                        .isTrue();
                assertThat(channel.getOption(StandardSocketOptions.SO_RCVBUF)).isBetween(32 * 1024, 128 * 1024);
                assertThat(transport.peer()).isEqualTo("localhost:" + server.getLocalPort());
                assertThat(transport.tls()).isFalse();
            }
        }
    }

    @Test
    void namesEveryAddressThatRefused() throws Exception {
        int port = portThatNobodyListensAt();

        assertThatThrownBy(() -> TcpConnector.connect("127.0.0.1", port, LIMIT, 0))
                .isInstanceOf(ConnectException.class)
                .hasMessage("cannot connect to 127.0.0.1:%d: connection refused, no server listens there", port);
        assertThatThrownBy(() -> TcpConnector.connect("localhost", port, LIMIT, 0))
                .isInstanceOf(ConnectException.class)
                .hasMessageStartingWith("cannot connect to localhost:%d: ".formatted(port))
                .hasMessageContaining("127.0.0.1:%d: connection refused".formatted(port));
    }

    @Test
    void saysThatAHostIsNotKnown() {
        assertThatThrownBy(() -> TcpConnector.connect("no-such-host.invalid", 10809, LIMIT, 0))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("cannot connect to no-such-host.invalid:10809: the host name is not known");
    }

    @Test
    void givesUpOnAnAddressThatDoesNotAnswer() throws Exception {
        // A listener whose queue is full leaves further SYNs unanswered.
        try (var server =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1)) {
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            try (var one = SocketChannel.open(server.getLocalAddress());
                    var two = SocketChannel.open(server.getLocalAddress())) {
                assertThat(one.isConnected() && two.isConnected()).isTrue();
                assertThatThrownBy(() -> TcpConnector.connect("127.0.0.1", port, Duration.ofMillis(200), 0))
                        .isInstanceOf(SocketTimeoutException.class)
                        .hasMessage("cannot connect to 127.0.0.1:%d: no answer within 200 ms", port);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void givesUpOnAUnixSocketWhoseQueueIsFull(boolean virtual) throws Exception {
        Path path = directory.resolve("full.sock");
        var address = UnixDomainSocketAddress.of(path);
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address, 1);
                var one = SocketChannel.open(address);
                var two = SocketChannel.open(address)) {
            assertThat(server.isOpen() && one.isConnected() && two.isConnected())
                    .isTrue();
            var task = new FutureTask<>(() -> UnixConnector.connect(path.toString(), Duration.ofMillis(200)));
            (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(task);

            assertThatThrownBy(() -> task.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessage("cannot connect to Unix socket %s: no answer within 200 ms", path);
        }
    }

    @Test
    void connectsToAUnixSocketFromAVirtualThread() throws Exception {
        Path path = directory.resolve("s");
        try (var server =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path))) {
            var task = inBackground(() -> UnixConnector.connect(path.toString(), LIMIT));
            try (var transport = task.get(10, TimeUnit.SECONDS);
                    var accepted = server.accept()) {
                accepted.write(ascii("hi"));
                var into = ByteBuffer.allocateDirect(10);
                assertThat(transport.read(into)).isEqualTo(2);
                assertThat(transport.peer()).isEqualTo(path.toString());
            }
        }
    }

    @Test
    void asksForRoomForAWholeRequestInAUnixSocket() throws Exception {
        Path path = directory.resolve("room");
        int most = Integer.parseInt(
                Files.readString(Path.of("/proc/sys/net/core/wmem_max")).strip());
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
                var transport = UnixConnector.connect(path.toString(), LIMIT)) {
            assertThat(server.isOpen()).isTrue();
            assertThat(transport.channel().getOption(StandardSocketOptions.SO_SNDBUF))
                    .isGreaterThanOrEqualTo(Math.min(most, 1 << 20));
        }
    }

    @Test
    void tellsWhyAUnixSocketCannotBeConnected() throws Exception {
        Path missing = directory.resolve("missing.sock");
        assertThatThrownBy(() -> UnixConnector.connect(missing.toString(), LIMIT))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessage("cannot connect to Unix socket %s: no such file".formatted(missing));

        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> UnixConnector.connect(file.toString(), LIMIT))
                .isInstanceOf(ConnectException.class)
                .hasMessageEndingWith("not a socket");

        Path stale = directory.resolve("stale.sock");
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(stale))
                .close();
        assertThatThrownBy(() -> UnixConnector.connect(stale.toString(), LIMIT))
                .isInstanceOf(ConnectException.class)
                .hasMessageEndingWith("connection refused, no server listens there");
    }

    @Test
    void refusesAbstractUnixSockets() {
        assertThatThrownBy(() -> UnixConnector.connect("\0name", LIMIT))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("abstract Unix socket \\u{0}name: Java reaches only sockets in the file system");
    }

    @Test
    void takesASocketThatTheCallerConnected() throws Exception {
        try (var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                var given = SocketTransport.of(SocketChannel.open(server.getLocalAddress()))) {
            assertThat(given.peer()).startsWith("127.0.0.1:");
        }
    }

    @Test
    void refusesASocketThatIsNotReady() throws Exception {
        try (var open = SocketChannel.open()) {
            assertThatThrownBy(() -> SocketTransport.of(open)).hasMessageContaining("not connected");
        }
        try (var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                var channel = SocketChannel.open(server.getLocalAddress())) {
            channel.configureBlocking(false);
            assertThatThrownBy(() -> SocketTransport.of(channel)).hasMessageContaining("non-blocking");
        }
    }

    private static int portThatNobodyListensAt() throws IOException {
        try (var server = new ServerSocket(0)) {
            return server.getLocalPort();
        }
    }

    private static int readAll(SocketChannel channel) throws IOException {
        var into = ByteBuffer.allocateDirect(1 << 16);
        int total = 0;
        while (true) {
            int count = channel.read(into.clear());
            if (count < 0) {
                return total;
            }
            total += count;
        }
    }

    private static <T> FutureTask<T> inBackground(Callable<T> work) {
        var task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private static String text(ByteBuffer filled) {
        return US_ASCII.decode(filled.flip()).toString();
    }

    /** A transport and the server's end of its socket. */
    private record Pair(SocketTransport client, SocketChannel server) implements AutoCloseable {
        static Pair tcp() throws IOException {
            try (var listener =
                    ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
                int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
                var client = TcpConnector.connect("127.0.0.1", port, LIMIT, 0);
                return new Pair(client, listener.accept());
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }
}
