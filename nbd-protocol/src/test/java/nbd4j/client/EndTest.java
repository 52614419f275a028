// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Timeout;

/** How a session ends: DSC, ERR-03, and the limits of time. */
@Timeout(60)
class EndTest {
    private static final String DISC = "25609513 0000 0002 CK 0000000000000000 00000000";
    private static final String DISC_EXTENDED = "21e41c71 0000 0002 CK 0000000000000000 0000000000000000";

    @BothModes
    void dsc01_saysGoodbyeAndNothingAfterIt_cmd03_cmd04_gen08(ChannelThreads threads) throws Exception {
        for (ReplyStyle style : ReplyStyle.values()) {
            try (var rig = Rig.of(style, threads)) {
                Call.start(rig.connection::close).get();

                rig.server.take().assertBytes(style == EXTENDED ? DISC_EXTENDED : DISC);
                assertThat(rig.server.outputClosed()).isTrue();
                assertThat(rig.server.isClosed()).isTrue();
                rig.expectGone(NbdDisconnectedException.class);
            }
        }
    }

    @BothModes
    void dsc02_waitsForRepliesInFlight_dsc03(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            var close = Call.start(rig.connection::close);
            close.awaitWaiting();
            Call.start(() -> rig.connection.read(Rig.B, ByteBuffer.allocate(512)))
                    .failure(NbdDisconnectedException.class);
            rig.server.assertNothingMore();
            assertThat(close.isDone()).isFalse();

            rig.say("good");

            rig.callA().get();
            assertThat(rig.bufferA.bytes()).containsOnly(0x55);
            close.get();
            rig.server.take().assertBytes(DISC);
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void dsc02_theWaitIsBounded_gen09(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withCloseTimeout(Duration.ofMillis(50));
        try (var rig = new Rig(Exports.of(STRUCTURED), options).readA()) {
            Call.start(rig.connection::close).get();
            rig.callA().failure(NbdDisconnectedException.class);
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void dsc01_aServerThatDoesNotHangUp_gen09(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withCloseTimeout(Duration.ofMillis(50));
        try (var rig = new Rig(Exports.of(STRUCTURED), options)) {
            rig.server.neverHangUp();
            Call.start(rig.connection::close).get();
            rig.server.take().assertBytes(DISC);
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void dsc03_aReplyToTheGoodbyeIsIgnored(ChannelThreads threads) throws Exception {
        for (String reply : new String[] {"67446698 00000000 CK", "67446698 00000000 CK^1", "00*16"}) {
            try (var rig = Rig.of(SIMPLE, threads)) {
                rig.server.neverHangUp();
                var close = Call.start(rig.connection::close);
                rig.say(reply, rig.server.take());
                close.get();
                rig.expectGone(NbdDisconnectedException.class);
            }
        }
    }

    @BothModes
    void dsc04_aServerThatGoesAwayWhileIdle(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(SIMPLE, threads)) {
            rig.server.end();
            Call.start(() -> rig.connection.read(Rig.B, ByteBuffer.allocate(512)))
                    .failure(NbdDisconnectedException.class);
            rig.server.awaitClosed();
            assertThat(rig.connection.isOpen()).isFalse();
            Call.start(rig.connection::close).get();
        }
    }

    @BothModes
    void dsc06_manyCloseAndOneGoodbyeIsSent(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var start = new CountDownLatch(1);
            List<Call<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                calls.add(Call.start(() -> {
                    start.await();
                    rig.connection.close();
                }));
            }
            start.countDown();
            for (Call<Boolean> call : calls) {
                call.get();
            }
            rig.server.take().assertBytes(DISC);
            rig.server.assertNothingMore();
        }
    }

    private static void shutsDown(ReplyStyle style, ChannelThreads threads, String reply) throws Exception {
        try (var rig = Rig.readingA(style, threads)) {
            var second = new Guarded(512, true);
            var other = Call.start(() -> rig.connection.read(0x4000, second.buffer()));
            Sent sent = rig.server.take();

            rig.say(reply);

            assertThat(rig.callA().failure(NbdCommandException.class).error()).isEqualTo(NbdError.ESHUTDOWN);
            Call.start(() -> rig.connection.read(Rig.B, ByteBuffer.allocate(512)))
                    .failure(NbdDisconnectedException.class);
            rig.server.assertNothingMore();
            assertThat(rig.connection.isOpen()).isFalse();

            rig.say(rig.good(sent, 0x44), sent);

            other.get();
            assertThat(second.bytes()).containsOnly(0x44);
            rig.server.take().assertBytes(style == EXTENDED ? DISC_EXTENDED : DISC);
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void err03_shutdownInAnExtendedChunk_dsc05(ChannelThreads threads) throws Exception {
        shutsDown(EXTENDED, threads, "6e8a278c 0001 8001 CK 0000000000001000 0000000000000006 0000006c 0000");
    }

    @BothModes
    void m26_errors_c_shutdownInASimpleReply_err03_dsc05(ChannelThreads threads) throws Exception {
        shutsDown(SIMPLE, threads, "67446698 0000006c CK");
    }

    @BothModes
    void m26_errors_d_shutdownInAChunk_err03_dsc05(ChannelThreads threads) throws Exception {
        shutsDown(STRUCTURED, threads, "668e33ef 0001 8001 CK 0000000a 0000006c 0004 62796521");
    }

    @BothModes
    void err03_aShutdownBehindAnotherErrorIsHeardAndTheFirstReported(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.say("668e33ef 0000 8001 CK 00000009 00000005 0003 6d7367"
                    + "| 668e33ef 0001 8001 CK 0000000a 0000006c 0004 62796521");
            var failure = rig.callA().failure(NbdCommandException.class);
            assertThat(failure.error()).isEqualTo(NbdError.EIO);
            assertThat(failure.serverText()).contains("msg");
            rig.server.take().assertBytes(DISC);
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void gen09_silenceEndsTheConnection(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withSilenceTimeout(Duration.ofMillis(100));
        try (var rig = new Rig(Exports.of(STRUCTURED), options).readA()) {
            var failure = rig.callA().failure(NbdTimeoutException.class);
            assertThat(failure).hasMessageContaining("the server sent nothing for");
            rig.expectGone(NbdTimeoutException.class);
        }
    }

    /** Each byte takes less than the limit, all of them together more. */
    @BothModes
    void m40_flow_c_aReplyThatTricklesIsNoSilence_gen09(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withSilenceTimeout(Duration.ofSeconds(2));
        try (var rig = new Rig(Exports.of(SIMPLE), options)) {
            var call = Call.start(() -> rig.connection.trim(0, 512, Set.of()));
            Sent sent = rig.server.take();
            for (byte one : Hex.bytes(rig.done(sent), sent.cookie())) {
                long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(150);
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                assertThat(call.isDone()).isFalse();
                rig.server.say(new byte[] {one});
            }
            call.get();
            rig.expectUsable();
        }
    }

    @BothModes
    void m40_flow_d_aServerThatTakesNothing_gen09(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withSilenceTimeout(Duration.ofMillis(200));
        try (var rig = new Rig(Exports.of(STRUCTURED), options)) {
            rig.server.takeOnly(1000);
            var from = new Guarded(65536, true);
            var write = Call.start(() -> rig.connection.write(0, from.buffer()));
            rig.server.awaitBytes(1000);
            write.failure(NbdTimeoutException.class);
            rig.server.awaitClosed();
            Call.start(rig.connection::close).get();
            from.assertGuards();
        }
    }

    @BothModes
    void m40_flow_d_aRequestTimeoutWhileTheServerTakesNothing_gen09(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withRequestTimeout(Duration.ofMillis(100));
        try (var rig = new Rig(Exports.of(STRUCTURED), options)) {
            rig.server.takeOnly(1000);
            var write = Call.start(() -> rig.connection.write(0, ByteBuffer.allocateDirect(65536)));
            rig.server.awaitBytes(1000);
            write.failure(NbdTimeoutException.class);
            Call.start(rig.connection::close).get();
        }
    }

    @BothModes
    void m40_flow_d_closeReturnsWhileTheServerTakesNothing(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withCloseTimeout(Duration.ofMillis(100));
        try (var rig = new Rig(Exports.of(STRUCTURED), options)) {
            rig.server.takeOnly(1000);
            var write = Call.start(() -> rig.connection.write(0, ByteBuffer.allocateDirect(65536)));
            rig.server.awaitBytes(1000);
            Call.start(rig.connection::close).get();
            write.failure(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void tx17_callersBeyondTheLimitWaitAndAreReleasedByClose(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withMaximumRequests(1);
        try (var rig = new Rig(Exports.of(STRUCTURED), options).readA()) {
            List<Call<Boolean>> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                var call = Call.start(() -> rig.connection.read(Rig.B, ByteBuffer.allocate(512)));
                call.awaitWaiting();
                waiting.add(call);
            }
            assertThat(rig.connection.stats().inFlight()).isEqualTo(1);
            rig.server.assertNothingMore();

            var close = Call.start(rig.connection::close);
            close.awaitWaiting();
            rig.say("good");

            rig.callA().get();
            close.get();
            for (Call<Boolean> call : waiting) {
                call.failure(NbdDisconnectedException.class);
            }
            rig.server.take().assertBytes(DISC);
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void tx17_callersBeyondTheLimitAreReleasedByAFailure(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withMaximumRequests(1);
        try (var rig = new Rig(Exports.of(STRUCTURED), options).readA()) {
            var waiting = Call.start(() -> rig.connection.read(Rig.B, ByteBuffer.allocate(512)));
            waiting.awaitWaiting();
            rig.server.end();
            rig.callA().failure(NbdDisconnectedException.class);
            waiting.failure(NbdDisconnectedException.class);
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void abortEndsWhatIsInFlight(ChannelThreads threads) throws Exception {
        try (var rig = Rig.readingA(STRUCTURED, threads)) {
            rig.connection.abort();
            assertThat(rig.callA().failure(NbdDisconnectedException.class)).hasMessageContaining("aborted");
            rig.expectGone(NbdDisconnectedException.class);
        }
    }
}
