// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nbd4j.model.CommandFlag;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdError;
import nbd4j.model.NbdTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that are sent now and awaited later. */
@Timeout(60)
class PendingReplyTest {
    @BothModes
    void sendsAtOnceAndTakesRepliesInAnyOrder(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            List<Sent> sent = new ArrayList<>();
            List<Guarded> buffers = List.of(new Guarded(4096, true), new Guarded(4096, false), new Guarded(4096, true));
            var call = Call.start(() -> {
                List<PendingReply> replies = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    replies.add(Objects.requireNonNull(
                            rig.connection.submitRead(i * 4096L, buffers.get(i).buffer(), Set.of())));
                }
                for (PendingReply reply : replies) {
                    reply.await();
                }
            });
            for (int i = 0; i < 3; i++) {
                sent.add(rig.server.take());
                sent.get(i).assertBytes("25609513 0000 0000 CK %016x 00001000".formatted(i * 4096));
            }
            for (int i : new int[] {2, 0, 1}) {
                rig.say(rig.good(sent.get(i), i + 1), sent.get(i));
            }
            call.get();
            for (int i = 0; i < 3; i++) {
                byte[] expected = new byte[4096];
                Arrays.fill(expected, (byte) (i + 1));
                assertThat(buffers.get(i).bytes()).isEqualTo(expected);
                assertThat(buffers.get(i).buffer().hasRemaining()).isFalse();
                buffers.get(i).assertGuards();
            }
            rig.awaitIdle();
            rig.expectUsable();
        }
    }

    @BothModes
    void writesAndZeroesWithTheFlagsOfTheCommand(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(EXTENDED, threads)) {
            var call = Call.start(() -> {
                PendingReply write = rig.connection.submitWrite(512, ByteBuffer.allocate(512), Set.of(CommandFlag.FUA));
                PendingReply zero = rig.connection.submitWriteZeroes(4096, 8192, Set.of(CommandFlag.NO_HOLE));
                Objects.requireNonNull(write).await();
                Objects.requireNonNull(zero).await();
            });
            Sent write = rig.server.take();
            write.assertBytes("21e41c71 0021 0001 CK 0000000000000200 0000000000000200 00*512");
            Sent zero = rig.server.take();
            zero.assertBytes("21e41c71 0002 0006 CK 0000000000001000 0000000000002000");
            rig.say(rig.done(zero), zero).say(rig.done(write), write);
            call.get();
            rig.expectUsable();
        }
    }

    @BothModes
    void oneFailsAndTheOthersDoNot(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var good = new Guarded(4096, true);
            var call = Call.start(() -> {
                PendingReply bad = rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of());
                PendingReply other = rig.connection.submitRead(4096, good.buffer(), Set.of());
                assertThatThrownBy(() -> Objects.requireNonNull(bad).await())
                        .isInstanceOfSatisfying(
                                NbdCommandException.class,
                                failure -> assertThat(failure.error()).isEqualTo(NbdError.EIO));
                Objects.requireNonNull(other).await();
            });
            Sent bad = rig.server.take();
            Sent other = rig.server.take();
            rig.say(rig.error(bad, 5), bad).say(rig.good(other, 7), other);
            call.get();
            rig.expectUsable();
        }
    }

    @BothModes
    void everyReplyFailsWhenTheServerHangsUp(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.start(() -> {
                PendingReply first = rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of());
                PendingReply second = rig.connection.submitWrite(0, ByteBuffer.allocate(512), Set.of());
                for (PendingReply reply : Arrays.asList(first, second)) {
                    assertThatThrownBy(() -> Objects.requireNonNull(reply).await())
                            .isInstanceOf(NbdDisconnectedException.class);
                }
            });
            rig.server.take();
            rig.server.take();
            rig.server.close();
            call.get();
            rig.awaitIdle();
        }
    }

    @Test
    void returnsNothingWhereAsManyAsAllowedAreInFlight() throws Exception {
        try (var rig = new Rig(
                Exports.of(STRUCTURED),
                Rig.OPTIONS.withThreads(ChannelThreads.CALLERS).withMaximumRequests(1))) {
            var call = Call.start(() -> {
                PendingReply first = rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of());
                assertThat(rig.connection.submitRead(4096, ByteBuffer.allocate(4096), Set.of()))
                        .isNull();
                Objects.requireNonNull(first).await();
            });
            Sent first = rig.server.take();
            rig.say(rig.good(first, 1), first);
            call.get();
            rig.expectUsable();
        }
    }

    @Test
    void refusesWhatItCouldNotSendInOneRequest() {
        try (var rig = Rig.of(STRUCTURED, ChannelThreads.CALLERS)) {
            assertThatThrownBy(() -> rig.connection.submitRead(0, ByteBuffer.allocate(0), Set.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("read of 0 bytes at 0");
            int tooMuch = rig.connection.export().blockSizes().usablePayload() + 512;
            assertThatThrownBy(() -> rig.connection.submitWrite(0, ByteBuffer.allocate(tooMuch), Set.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> rig.connection.submitRead(
                            0, ByteBuffer.allocate(512).asReadOnlyBuffer(), Set.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("read-only");
            rig.server.assertNothingMore();
        }
    }

    @Test
    void isAwaitedOnceAndByItsOwnThread() throws Exception {
        try (var rig = Rig.of(STRUCTURED, ChannelThreads.CALLERS)) {
            PendingReply reply =
                    Objects.requireNonNull(rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of()));
            Sent sent = rig.server.take();
            rig.say(rig.good(sent, 1), sent);
            Call.start(reply::await).failure(IllegalStateException.class);

            reply.await();

            assertThatThrownBy(reply::await)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("awaited before");
        }
    }

    @BothModes
    void awaitAnyReturnsWithWhicheverReplyComesFirst(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var latch = new CountDownLatch(1);
            var call = Call.start(() -> {
                PendingReply slow =
                        Objects.requireNonNull(rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of()));
                PendingReply quick = Objects.requireNonNull(rig.connection.submitTrim(4096, 4096, Set.of()));
                assertThat(slow.isDone()).isFalse();
                rig.connection.awaitAny(List.of(slow, quick));
                assertThat(slow.isDone()).isFalse();
                assertThat(quick.isDone()).isTrue();
                quick.await();
                latch.countDown();
                rig.connection.awaitAny(List.of(slow));
                assertThat(slow.isDone()).isTrue();
                slow.await();
            });
            Sent slow = rig.server.take();
            Sent quick = rig.server.take();
            quick.assertBytes("25609513 0000 0004 CK 0000000000001000 00001000");
            rig.say(rig.done(quick), quick);
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
            rig.say(rig.good(slow, 3), slow);
            call.get();
            rig.expectUsable();
        }
    }

    @BothModes
    void awaitAnySharesTheConnectionWithOthers(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var any = Call.start(() -> {
                PendingReply reply =
                        Objects.requireNonNull(rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of()));
                rig.connection.awaitAny(List.of(reply));
                reply.await();
            });
            Sent first = rig.server.take();
            rig.readA();
            // The first to wait may be the one that reads; the other's reply must find its way, and then the reading.
            rig.say("good");
            rig.callA().get();
            rig.say(rig.good(first, 9), first);
            any.get();
            rig.expectUsable();
        }
    }

    @BothModes
    void awaitAnyReturnsWhenTheConnectionIsLost(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.start(() -> {
                PendingReply reply =
                        Objects.requireNonNull(rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of()));
                rig.connection.awaitAny(List.of(reply));
                assertThatThrownBy(reply::await).isInstanceOf(NbdDisconnectedException.class);
            });
            rig.server.take();
            rig.server.close();
            call.get();
        }
    }

    @BothModes
    void awaitAnyReturnsEarlyWhenInterrupted(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var call = Call.start(() -> {
                PendingReply reply =
                        Objects.requireNonNull(rig.connection.submitRead(0, ByteBuffer.allocate(4096), Set.of()));
                rig.connection.awaitAny(List.of(reply));
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                assertThatThrownBy(reply::await).isInstanceOf(InterruptedIOException.class);
            });
            rig.server.take();
            call.interrupt();
            call.get();
        }
    }

    @BothModes
    void aReplyThatIsLateIsGivenUpAndDrained(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withRequestTimeout(Duration.ofMillis(100));
        try (var rig = new Rig(Exports.of(STRUCTURED), options)) {
            var buffer = new Guarded(4096, true);
            var call = Call.start(() -> {
                PendingReply reply = Objects.requireNonNull(rig.connection.submitRead(0, buffer.buffer(), Set.of()));
                rig.connection.awaitAny(List.of(reply));
                reply.await();
            });
            Sent sent = rig.server.take();
            call.failure(NbdTimeoutException.class);
            buffer.assertUntouched();
            if (threads == ChannelThreads.CALLERS) {
                rig.expectGone(NbdTimeoutException.class);
            } else {
                rig.say(rig.good(sent, 1), sent);
                rig.expectUsable();
                buffer.assertUntouched();
                rig.awaitIdle();
            }
        }
    }

    @Test
    void anInterruptGivesUpOneReplyAndTheOthersCanBeAwaited() throws Exception {
        try (var rig = Rig.of(STRUCTURED, ChannelThreads.OWN)) {
            var given = new Guarded(4096, true);
            var kept = new Guarded(4096, false);
            var call = Call.start(() -> {
                PendingReply first = Objects.requireNonNull(rig.connection.submitRead(0, given.buffer(), Set.of()));
                PendingReply second = Objects.requireNonNull(rig.connection.submitRead(4096, kept.buffer(), Set.of()));
                assertThatThrownBy(first::await).isInstanceOf(InterruptedIOException.class);
                assertThat(Thread.interrupted()).isTrue();
                second.await();
            });
            Sent first = rig.server.take();
            Sent second = rig.server.take();
            call.awaitWaiting();
            call.interrupt();
            rig.say(rig.good(second, 2), second);
            call.get();
            rig.say(rig.good(first, 1), first);
            given.assertUntouched();
            assertThat(kept.bytes()).containsOnly(2);
            rig.expectUsable();
            given.assertUntouched();
            rig.awaitIdle();
        }
    }

    @BothModes
    void whatWasAnsweredBeforeTheEndIsNotLost(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var buffer = new Guarded(4096, true);
            var call = Call.start(() -> {
                PendingReply answered = Objects.requireNonNull(rig.connection.submitRead(0, buffer.buffer(), Set.of()));
                PendingReply lost = Objects.requireNonNull(rig.connection.submitTrim(0, 512, Set.of()));
                rig.connection.awaitAny(List.of(lost, answered));
                rig.connection.awaitAny(List.of(lost));
                assertThatThrownBy(lost::await).isInstanceOf(NbdDisconnectedException.class);
                answered.await();
            });
            Sent answered = rig.server.take();
            rig.server.take();
            rig.say(rig.good(answered, 4), answered);
            rig.server.end();
            call.get();
            assertThat(buffer.bytes()).containsOnly(4);
            buffer.assertGuards();
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void closingWaitsForWhatIsOutstandingAndThenFailsIt(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withCloseTimeout(Duration.ofMillis(100));
        try (var rig = new Rig(Exports.of(STRUCTURED), options)) {
            var buffer = new Guarded(4096, true);
            var call = Call.start(() -> {
                PendingReply reply = Objects.requireNonNull(rig.connection.submitRead(0, buffer.buffer(), Set.of()));
                rig.connection.close();
                assertThat(rig.connection.isOpen()).isFalse();
                assertThatThrownBy(() -> rig.connection.submitTrim(0, 512, Set.of()))
                        .isInstanceOf(NbdDisconnectedException.class);
                assertThatThrownBy(reply::await).isInstanceOf(NbdDisconnectedException.class);
            });
            rig.server.take();
            call.get();
            buffer.assertUntouched();
            // A goodbye is for connections that owe nothing.
            rig.server.assertNothingMore();
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    @BothModes
    void closingByAnotherThreadWaitsUntilTheReplyIsAwaited(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var sent = new CountDownLatch(1);
            var mayAwait = new CountDownLatch(1);
            var buffer = new Guarded(4096, true);
            var call = Call.start(() -> {
                PendingReply reply = Objects.requireNonNull(rig.connection.submitRead(0, buffer.buffer(), Set.of()));
                sent.countDown();
                mayAwait.await();
                reply.await();
            });
            sent.await();
            var close = Call.start(rig.connection::close);
            close.awaitWaiting();
            Sent read = rig.server.take();
            rig.say(rig.good(read, 6), read);
            rig.server.assertNothingMore();
            mayAwait.countDown();
            call.get();
            assertThat(buffer.bytes()).containsOnly(6);
            close.get();
            assertThat(rig.server.take().type()).isEqualTo(Sent.DISC);
        }
    }

    /** Whoever holds the slots may be gone for good. */
    @BothModes
    void callersBeyondTheLimitAreReleasedThoughNobodyAwaitsTheReplies(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withMaximumRequests(1);
        try (var rig = new Rig(Exports.of(STRUCTURED), options)) {
            Call.start(() -> assertThat(rig.connection.submitTrim(0, 512, Set.of()))
                            .isNotNull())
                    .get();
            rig.server.take();
            var waiting = Call.start(() -> rig.connection.read(Rig.B, ByteBuffer.allocate(512)));
            waiting.awaitWaiting();
            rig.connection.abort();
            waiting.failure(NbdDisconnectedException.class);
            rig.server.assertNothingMore();
        }
    }
}
