// SPDX-License-Identifier: Apache-2.0
package nbd4j.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import nbd4j.model.BlockSizes;
import nbd4j.model.ClientCheck;
import nbd4j.model.Export;
import nbd4j.model.ExportInfo;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;
import nbd4j.transport.Transport;
import nbd4j.wire.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SilenceTest {
    private static final Duration LIMIT = Duration.ofMillis(200);
    /** As many looks as eight limits have, each of which asks twice. */
    private static final int LOOKS = 128;

    @Test
    void aLongWriteThatMakesProgressIsNoSilence() throws Exception {
        var transport = new SlowTransport(true);
        Session session = start(transport);
        Thread caller = write(session);

        assertThat(transport.looks.await(20, TimeUnit.SECONDS)).isTrue();

        assertThat(session.isOpen()).isTrue();
        session.abort();
        caller.join();
    }

    @Test
    void aWriteThatIsStuckIsSilence() throws Exception {
        var transport = new SlowTransport(false);
        Session session = start(transport);
        write(session).join();

        assertThat(transport.isClosed()).isTrue();
        assertThatThrownBy(() -> session.begin(Command.FLUSH, 0, 0, 0))
                .isInstanceOf(NbdTimeoutException.class)
                .hasMessageContaining("the server sent nothing for")
                .hasMessageContaining("while 1 requests were outstanding");
    }

    private static Session start(Transport transport) {
        var info = new ExportInfo(
                "", 1 << 20, new TransmissionFlags(1), Optional.empty(), Optional.empty(), Optional.empty());
        var export = new Export(
                info,
                info.flags(),
                BlockSizes.UNADVERTISED,
                List.of(),
                ReplyStyle.SIMPLE,
                HandshakeStyle.FIXED_NEWSTYLE,
                false);
        return Session.start(
                transport,
                export,
                "test",
                new SessionOptions(
                        LIMIT, Duration.ZERO, Duration.ofSeconds(1), true, EnumSet.allOf(ClientCheck.class), 4));
    }

    private static Thread write(Session session) {
        return Thread.startVirtualThread(() -> {
            try {
                Request request = session.begin(Command.WRITE, 0, 0, 4096);
                request.setBuffer(ByteBuffer.allocate(4096));
                session.submit(request);
                session.await(request);
            } catch (IOException e) {
                // The test ends the session; what that does to callers is tested elsewhere.
            }
        });
    }

    /** Neither reads nor writes come to an end before it is closed. */
    private static final class SlowTransport implements Transport {
        private final boolean progress;
        private final CountDownLatch closed = new CountDownLatch(1);
        private final CountDownLatch looks = new CountDownLatch(LOOKS);
        private final AtomicLong sent = new AtomicLong();

        SlowTransport(boolean progress) {
            this.progress = progress;
        }

        private IOException blockUntilClosed() {
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new AsynchronousCloseException();
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            throw blockUntilClosed();
        }

        @Override
        public long read(ByteBuffer first, ByteBuffer second) throws IOException {
            throw blockUntilClosed();
        }

        @Override
        public void write(ByteBuffer[] buffers, int count) throws IOException {
            throw blockUntilClosed();
        }

        @Override
        public void write(ByteBuffer buffer) throws IOException {
            throw blockUntilClosed();
        }

        @Override
        public long bytesSent() {
            looks.countDown();
            return progress ? sent.incrementAndGet() : 0;
        }

        @Override
        public void closeOutput() {
            // Nobody listens.
        }

        @Override
        public void close() {
            closed.countDown();
        }

        @Override
        public boolean isClosed() {
            return closed.getCount() == 0;
        }

        @Override
        public boolean tls() {
            return false;
        }

        @Override
        public String peer() {
            return "test";
        }
    }
}
