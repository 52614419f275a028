// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockSizes;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many callers on one connection: TX-02, TX-04, TX-15 to TX-17, ORD-01, M40. */
@Timeout(60)
@Tag("concurrency")
class SharingTest {
    /** A read of 4096 bytes, at its own offset. */
    private record Reader(Guarded buffer, Call<Boolean> call, Sent sent) {}

    private static Reader read(Rig rig, long offset) {
        var buffer = new Guarded(4096, true);
        var call = Call.start(() -> rig.connection.read(offset, buffer.buffer()));
        return new Reader(buffer, call, rig.server.take());
    }

    private static void succeeds(Reader reader, int fill) throws Exception {
        reader.call().get();
        byte[] expected = new byte[4096];
        Arrays.fill(expected, (byte) fill);
        assertThat(reader.buffer().bytes()).isEqualTo(expected);
        reader.buffer().assertGuards();
    }

    @BothModes
    void tx04_repliesInAnyOrder_ord01(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(SIMPLE, threads)) {
            List<Reader> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(read(rig, i * 4096L));
            }
            for (int i : new int[] {2, 0, 1}) {
                rig.say(rig.good(readers.get(i).sent(), i + 1), readers.get(i).sent());
                succeeds(readers.get(i), i + 1);
            }
            rig.expectUsable();
        }
    }

    /** A flush promises what was answered before it, so it waits for nothing that is in flight. */
    @BothModes
    void ord02_aFlushDoesNotWaitForAWriteInFlight(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            var write = Call.start(() -> rig.connection.write(0, ByteBuffer.allocate(512)));
            Sent written = rig.server.take();
            var flush = Call.start(rig.connection::flush);
            Sent flushed = rig.server.take();
            flushed.assertBytes("25609513 0000 0003 CK 0000000000000000 00000000");
            rig.say(rig.done(flushed), flushed);
            flush.get();
            assertThat(write.isDone()).isFalse();
            rig.say(rig.done(written), written);
            write.get();
            rig.expectUsable();
        }
    }

    @BothModes
    void tx04_chunksOfSeveralRepliesInterleaved(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(STRUCTURED, threads)) {
            Reader a = read(rig, 0x1000);
            Reader b = read(rig, 0x2000);
            rig.say("668e33ef 0000 0001 CK 00000808 0000000000001000 0a*2048", a.sent());
            rig.say("668e33ef 0000 0001 CK 00000808 0000000000002800 0b*2048", b.sent());
            rig.say("668e33ef 0001 0001 CK 00000808 0000000000001800 0a*2048", a.sent());
            rig.say("668e33ef 0001 0001 CK 00000808 0000000000002000 0b*2048", b.sent());
            succeeds(a, 0x0a);
            succeeds(b, 0x0b);
            rig.expectUsable();
        }
    }

    @BothModes
    void m40_flow_b_manyRepliesInReverseAndInterleaved(ChannelThreads threads) throws Exception {
        int length = 64 << 10;
        try (var rig = Rig.of(Exports.sized(STRUCTURED, 64L * length, BlockSizes.UNADVERTISED), threads)) {
            List<Guarded> buffers = new ArrayList<>();
            List<Call<Boolean>> calls = new ArrayList<>();
            List<Sent> sents = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                var buffer = new Guarded(length, i % 2 == 0);
                long offset = (long) i * length;
                buffers.add(buffer);
                calls.add(Call.start(() -> rig.connection.read(offset, buffer.buffer())));
                sents.add(rig.server.take());
            }
            for (int part = length - 4096; part >= 0; part -= 4096) {
                for (int i = 63; i >= 0; i--) {
                    rig.say(
                            "668e33ef %04x 0001 CK 00001008 %016x %02x*4096"
                                    .formatted(part == 0 ? 1 : 0, sents.get(i).offset() + part, i),
                            sents.get(i));
                }
            }
            for (int i = 0; i < 64; i++) {
                calls.get(i).get(10_000);
                assertThat(buffers.get(i).bytes()).containsOnly(i);
                buffers.get(i).assertGuards();
            }
        }
    }

    @BothModes
    void tx02_requestsOfManyThreadsDoNotInterleave(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(SIMPLE, threads)) {
            List<Call<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                int number = i;
                calls.add(Call.start(() -> {
                    for (int round = 0; round < 4; round++) {
                        byte[] data = new byte[1 + number * 97];
                        Arrays.fill(data, (byte) number);
                        if (round % 2 == 0) {
                            rig.connection.write(number, ByteBuffer.wrap(data));
                        } else {
                            int middle = data.length / 2;
                            rig.connection.write(
                                    number,
                                    new ByteBuffer[] {
                                        ByteBuffer.wrap(data, 0, middle),
                                        ByteBuffer.wrap(data, middle, data.length - middle)
                                    },
                                    Set.of());
                        }
                    }
                }));
            }
            for (int i = 0; i < 64 * 4; i++) {
                Sent sent = rig.server.take();
                assertThat(sent.type()).isEqualTo(Sent.WRITE);
                assertThat(sent.length()).isEqualTo(1 + sent.offset() * 97);
                while (sent.payload().hasRemaining()) {
                    assertThat((long) sent.payload().get()).isEqualTo(sent.offset());
                }
                rig.say(rig.done(sent), sent);
            }
            for (Call<Boolean> call : calls) {
                call.get(10_000);
            }
            rig.server.assertNothingMore();
        }
    }

    @Test
    void tx16_anInterruptedCallerHarmsNobody() throws Exception {
        try (var rig = Rig.of(STRUCTURED, ChannelThreads.OWN)) {
            Reader given = read(rig, 0x1000);
            Reader other = read(rig, 0x2000);
            given.call().awaitWaiting();
            given.call().interrupt();
            given.call().failure(InterruptedIOException.class);
            assertThat(given.call().interruptedAtEnd()).isTrue();

            rig.say(rig.good(given.sent(), 1), given.sent());
            rig.say(rig.good(other.sent(), 2), other.sent());

            succeeds(other, 2);
            given.buffer().assertUntouched();
            rig.expectUsable();
            assertThat(rig.connection.stats().inFlight()).isZero();
        }
    }

    @Test
    void tx16_aLateReplyIsDrained() throws Exception {
        var options = Rig.OPTIONS.withRequestTimeout(Duration.ofMillis(100));
        try (var rig = new Rig(Exports.of(SIMPLE), options).readA()) {
            rig.callA().failure(NbdTimeoutException.class);
            rig.say("good");
            rig.bufferA.assertUntouched();
            rig.expectUsable();
            rig.bufferA.assertUntouched();
            assertThat(rig.connection.stats().inFlight()).isZero();
        }
    }

    @Test
    void m40_flow_e_interruptedWhileItsReplyIsHalfReceived() throws Exception {
        int length = 32 << 20;
        var export = Exports.sized(STRUCTURED, length, BlockSizes.UNADVERTISED);
        try (var rig = Rig.of(export, ChannelThreads.OWN)) {
            var big = ByteBuffer.allocateDirect(length);
            var call = Call.start(() -> rig.connection.read(0, big));
            Sent sent = rig.server.take();
            Reader other = read(rig, 0x2000);
            rig.say("668e33ef 0001 0001 CK %08x 0000000000000000".formatted(length + 8), sent);
            rig.server.say(new byte[length / 2]);
            rig.server.awaitAllRead();

            call.interrupt();
            // It waits for the receiver, which holds its buffer and gives it back behind the next bytes.
            int rest = length / 2;
            while (!call.isDone() && rest > 0) {
                rig.server.say(new byte[1]);
                rest--;
                rig.server.awaitAllRead();
            }
            call.failure(InterruptedIOException.class);
            assertThat(rest).as("bytes that were not needed").isPositive();

            rig.server.say(new byte[rest]);
            rig.say(rig.good(other.sent(), 2), other.sent());
            succeeds(other, 2);
            rig.expectUsable();
        }
    }

    @Test
    void tx16_anInterruptedReaderEndsTheConnectionWhereCallersRead() throws Exception {
        try (var rig = Rig.of(STRUCTURED, ChannelThreads.CALLERS)) {
            Reader leader = read(rig, 0x1000);
            leader.call().awaitWaiting();
            Reader other = read(rig, 0x2000);
            leader.call().interrupt();
            leader.call().failure(InterruptedIOException.class);
            assertThat(leader.call().interruptedAtEnd()).isTrue();
            assertThat(other.call().failure(NbdDisconnectedException.class))
                    .hasMessageContaining("a thread that used it was interrupted");
            other.buffer().assertUntouched();
            rig.expectGone(NbdDisconnectedException.class);
        }
    }

    /** The caller that leaves the channel must wake one that is parked, not one that is busy writing. */
    @Test
    void theReaderHandsOverToACallerThatIsFree() throws Exception {
        try (var rig = Rig.of(SIMPLE, ChannelThreads.CALLERS)) {
            Reader leader = read(rig, 0x1000);
            leader.call().awaitWaiting();
            Reader early = read(rig, 0x2000);
            Reader third = read(rig, 0x3000);
            early.call().awaitWaiting();
            third.call().awaitWaiting();
            rig.say(rig.good(early.sent(), 2), early.sent());
            succeeds(early, 2);
            // Takes the slot that became free, before the third's, and is stuck: the server takes no more.
            int taken = rig.server.bytesTaken();
            rig.server.takeOnly(taken + 100);
            var writer = Call.start(() -> rig.connection.write(0x8000, ByteBuffer.allocateDirect(4096)));
            rig.server.awaitBytes(taken + 100);

            rig.say(rig.good(leader.sent(), 1), leader.sent());
            succeeds(leader, 1);
            rig.say(rig.good(third.sent(), 3), third.sent());
            succeeds(third, 3);

            rig.server.takeOnly(Long.MAX_VALUE);
            Sent write = rig.server.take();
            rig.say(rig.done(write), write);
            writer.get();
        }
    }

    @BothModes
    void aFullTableKeepsItsPromiseWhenManyCallersCome_tx17(ChannelThreads threads) throws Exception {
        var options = Rig.OPTIONS.withThreads(threads).withMaximumRequests(7);
        try (var rig = new Rig(Exports.of(SIMPLE), options)) {
            List<Call<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                long offset = 512L * i;
                calls.add(Call.start(() -> rig.connection.trim(offset, 512, Set.of())));
            }
            for (int i = 0; i < 500; i++) {
                Sent sent = rig.server.take();
                assertThat(rig.connection.stats().inFlight()).isBetween(1, 7);
                rig.say(rig.done(sent), sent);
            }
            for (Call<Boolean> call : calls) {
                call.get(10_000);
            }
            rig.awaitIdle();
        }
    }
}
