// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.SIMPLE;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import nbd4j.model.BlockSizes;
import nbd4j.transport.SocketTransport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that do not read while they write, and servers that take their time: TX-15, M40. */
@Timeout(60)
@Tag("concurrency")
class FlowTest {
    private static final int LENGTH = 32 << 20;
    private static final long CALLERS = 64;
    private static final long ROUNDS = 10;
    private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    @TempDir
    Path directory;

    private static ByteBuffer readAll(SocketChannel channel, int length) throws Exception {
        var buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            assertThat(channel.read(buffer)).isPositive();
        }
        return buffer.flip();
    }

    private static void writeAll(SocketChannel channel, ByteBuffer buffer) throws Exception {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** The server writes the whole of a large reply before it reads the large write behind it. */
    @BothModes
    void m40_flow_a_receivingNeverWaitsForSending_tx15(ChannelThreads threads) throws Exception {
        var address = UnixDomainSocketAddress.of(directory.resolve("s"));
        try (var listener =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                var client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.setOption(StandardSocketOptions.SO_SNDBUF, 4096);
            client.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            client.connect(address);
            try (var server = listener.accept()) {
                server.setOption(StandardSocketOptions.SO_SNDBUF, 4096);
                var export = Exports.sized(SIMPLE, 2L * LENGTH, BlockSizes.UNADVERTISED);
                var connection =
                        NbdConnection.start(SocketTransport.of(client), export, Rig.OPTIONS.withThreads(threads));
                var into = ByteBuffer.allocateDirect(LENGTH);
                var read = Call.start(() -> connection.read(0, into));
                long readCookie = readAll(server, 28).getLong(8);
                var from = ByteBuffer.allocateDirect(LENGTH);
                var write = Call.start(() -> connection.write(LENGTH, from));

                byte[] data = new byte[LENGTH];
                Arrays.fill(data, (byte) 7);
                writeAll(server, ByteBuffer.wrap(Hex.bytes("67446698 00000000 CK", readCookie)));
                writeAll(server, ByteBuffer.wrap(data));
                read.get(10_000);
                assertThat(into.get(0)).isEqualTo((byte) 7);
                assertThat(into.get(LENGTH - 1)).isEqualTo((byte) 7);

                long writeCookie = readAll(server, 28 + LENGTH).getLong(8);
                writeAll(server, ByteBuffer.wrap(Hex.bytes("67446698 00000000 CK", writeCookie)));
                write.get(10_000);
                connection.abort();
            }
        }
    }

    /** Each reply takes 20 ms; they overlap, or this takes 64 times as long. The best of some tries counts. */
    @BothModes
    void requestsOfManyThreadsOverlap_tx04(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(SIMPLE, threads)) {
            long limit = CALLERS * ROUNDS * DELAY_NANOS / 20;
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 10 && best >= limit; i++) {
                best = Math.min(best, manyReads(rig));
            }
            assertThat(best).as("nanoseconds").isLessThan(limit);
        }
    }

    private static long manyReads(Rig rig) throws Exception {
        long start = System.nanoTime();
        var server = Call.start(() -> {
            for (int i = 0; i < CALLERS * ROUNDS; i++) {
                Sent sent = rig.server.take();
                long due = System.nanoTime() + DELAY_NANOS;
                Thread.ofVirtual().start(() -> {
                    while (System.nanoTime() < due) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                    rig.say(rig.good(sent, (int) (sent.offset() / 512)), sent);
                });
            }
        });
        List<Call<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            int number = i;
            calls.add(Call.start(() -> {
                for (int round = 0; round < ROUNDS; round++) {
                    var buffer = new Guarded(512, true);
                    rig.connection.read(number * 512L, buffer.buffer());
                    assertThat(buffer.bytes()[0]).isEqualTo((byte) number);
                    assertThat(buffer.bytes()[511]).isEqualTo((byte) number);
                }
            }));
        }
        for (Call<Boolean> call : calls) {
            call.get(20_000);
        }
        server.get();
        return System.nanoTime() - start;
    }
}
