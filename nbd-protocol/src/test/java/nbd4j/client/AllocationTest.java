// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.SIMPLE;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import nbd4j.transport.Transport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a request costs in garbage: next to nothing. Measured on a platform thread that does its own I/O. */
@Timeout(60)
class AllocationTest {
    private static final int WARM_UP = 50_000;
    private static final int OPERATIONS = 10_000;
    /** Bytes: room for one header that the compiler did not take apart, none for buffers, queues or waiters. */
    private static final long ALLOWED = 64;

    /** Answers every request at once, with success and whatever data. */
    private static final class Echo implements Transport {
        private final ByteBuffer reply = ByteBuffer.allocateDirect(16 + 4096);

        Echo() {
            reply.limit(0);
        }

        @Override
        public int read(ByteBuffer into) {
            return (int) read(into, into);
        }

        @Override
        public long read(ByteBuffer first, ByteBuffer second) {
            int moved = 0;
            while (reply.hasRemaining() && (first.hasRemaining() || second.hasRemaining())) {
                (first.hasRemaining() ? first : second).put(reply.get());
                moved++;
            }
            return moved;
        }

        @Override
        public void write(ByteBuffer[] buffers, int count) throws IOException {
            write(buffers[0]);
            for (int i = 1; i < count; i++) {
                buffers[i].position(buffers[i].limit());
            }
        }

        @Override
        public void write(ByteBuffer buffer) throws IOException {
            if (!buffer.hasRemaining()) {
                return;
            }
            int start = buffer.position();
            boolean read = buffer.getShort(start + 6) == 0;
            reply.clear().putInt(0x67446698).putInt(0).putLong(buffer.getLong(start + 8));
            reply.position(0).limit(read ? 16 + 4096 : 16);
            buffer.position(buffer.limit());
        }

        @Override
        public void closeOutput() {}

        @Override
        public void close() {}

        @Override
        public boolean isClosed() {
            return false;
        }

        @Override
        public boolean tls() {
            return false;
        }

        @Override
        public String peer() {
            return "echo";
        }
    }

    @Test
    void readsAndWritesMakeHardlyAnyGarbage() throws Exception {
        var connection =
                NbdConnection.start(new Echo(), Exports.of(SIMPLE), Rig.OPTIONS.withThreads(ChannelThreads.CALLERS));
        long perOperation = Call.of(() -> measure(connection)).get(30_000);
        connection.abort();
        assertThat(perOperation).as("bytes for a read and a write").isLessThanOrEqualTo(2 * ALLOWED);
    }

    private static long measure(NbdConnection connection) throws Exception {
        var measured = new long[1];
        var thread = Call.startOnPlatformThread(() -> {
            var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
            run(connection, buffer, WARM_UP);
            long before = threads.getCurrentThreadAllocatedBytes();
            run(connection, buffer, OPERATIONS);
            measured[0] = (threads.getCurrentThreadAllocatedBytes() - before) / OPERATIONS;
        });
        thread.get(30_000);
        return measured[0];
    }

    private static void run(NbdConnection connection, ByteBuffer buffer, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            connection.read(4096, buffer.clear());
            connection.write(4096, buffer.clear());
        }
    }
}
