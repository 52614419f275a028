// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import nbd4j.model.CommandFlag;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.ReplyStyle;

/**
 * A conversation: requests that are all in flight at once, and the replies to them, interleaved and not in order. There
 * is one for each way of replying.
 *
 * @param turns the requests, in the order in which they are sent
 * @param parts the replies, in the order in which they come
 */
record Talk(ReplyStyle style, List<Turn> turns, List<Part> parts) {
    /** How a call ends when the server goes away before its reply is complete. */
    static final String DISCONNECTED = "disconnected";

    /** The second context, for selections. */
    private static final MetaContext OTHER = new MetaContext(0xFFFF_FFFFL, "x:other");

    private static final int READ_BYTES = 12;

    /**
     * A request.
     *
     * @param sent the bytes that the server must see
     * @param body makes the request, and tells in words what came of it
     * @param answer these words, once the reply has come
     */
    record Turn(String sent, Body body, String answer) {}

    /** A reply, or a piece of one, to the request of this number. */
    record Part(int turn, String bytes) {}

    /** Uses a connection, and a buffer if it wants one. */
    interface Body {
        String run(NbdConnection connection, Guarded buffer) throws Exception;
    }

    private static Body reading(long offset, CommandFlag... flags) {
        return (connection, buffer) -> {
            connection.read(offset, buffer.buffer(), Set.of(flags));
            return Hex.of(buffer.bytes());
        };
    }

    private static Body writing(long offset, CommandFlag... flags) {
        return doing((connection) -> connection.write(offset, ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), Set.of(flags)));
    }

    private interface Command {
        void run(NbdConnection connection) throws Exception;
    }

    private static Body doing(Command command) {
        return (connection, buffer) -> {
            command.run(connection);
            return "done";
        };
    }

    private static Body asking(long offset, long length, String... contexts) {
        return (connection, buffer) -> {
            var status = contexts.length == 0
                    ? connection.blockStatus(offset, length, Set.of())
                    : connection.blockStatus(offset, length, Set.of(), List.of(contexts));
            return status.stream()
                    .map(one -> one.context().name()
                            + one.descriptors().stream()
                                    .map(each -> " " + each.length() + "/" + each.flags())
                                    .collect(Collectors.joining()))
                    .collect(Collectors.joining(", "));
        };
    }

    static Talk of(ReplyStyle style) {
        return switch (style) {
            case SIMPLE -> simple();
            case STRUCTURED -> structured();
            case EXTENDED -> extended();
        };
    }

    private static Talk simple() {
        String compact = "25609513 ";
        return new Talk(
                ReplyStyle.SIMPLE,
                List.of(
                        new Turn(compact + "0000 0000 CK 0000000000001000 0000000c", reading(0x1000), "11".repeat(12)),
                        new Turn(compact + "0000 0001 CK 0000000000002000 00000004 01020304", writing(0x2000), "done"),
                        new Turn(compact + "0000 0000 CK 0000000000003000 0000000c", reading(0x3000), "EIO 5 "),
                        new Turn(
                                compact + "0000 0003 CK 0000000000000000 00000000",
                                doing(NbdConnection::flush),
                                "done"),
                        new Turn(
                                compact + "0001 0001 CK 0000000000004000 00000004 01020304",
                                writing(0x4000, CommandFlag.FUA),
                                "ENOSPC 28 "),
                        new Turn(
                                compact + "0000 0004 CK 0000000000005000 00001000",
                                doing(connection -> connection.trim(0x5000, 0x1000, Set.of())),
                                "done"),
                        new Turn(compact + "0000 0000 CK 0000000000006000 0000000c", reading(0x6000), "66".repeat(12))),
                List.of(
                        new Part(3, "67446698 00000000 CK"),
                        new Part(2, "67446698 00000005 CK"),
                        new Part(6, "67446698 00000000 CK 66*12"),
                        new Part(0, "67446698 00000000 CK 11*12"),
                        new Part(5, "67446698 00000000 CK"),
                        new Part(4, "67446698 0000001c CK"),
                        new Part(1, "67446698 00000000 CK")));
    }

    private static Talk structured() {
        String compact = "25609513 ";
        String chunk = "668e33ef ";
        return new Talk(
                ReplyStyle.STRUCTURED,
                List.of(
                        new Turn(
                                compact + "0000 0000 CK 0000000000001000 0000000c",
                                reading(0x1000),
                                "00".repeat(8) + "11".repeat(4)),
                        new Turn(compact + "0000 0001 CK 0000000000002000 00000004 01020304", writing(0x2000), "done"),
                        new Turn(
                                compact + "0000 0007 CK 0000000000000000 00003000",
                                asking(0, 0x3000),
                                "base:allocation 4096/0 8192/3"),
                        new Turn(compact + "0000 0000 CK 0000000000003000 0000000c", reading(0x3000), "EIO 5 bad"),
                        new Turn(
                                compact + "0000 0007 CK 0000000000004000 00001000",
                                asking(0x4000, 0x1000),
                                "EINVAL 65535 no"),
                        new Turn(
                                compact + "0000 0006 CK 0000000000005000 00001000",
                                doing(connection -> connection.writeZeroes(0x5000, 0x1000, Set.of())),
                                "done"),
                        new Turn(
                                compact + "0004 0000 CK 0000000000006000 0000000c",
                                reading(0x6000, CommandFlag.DF),
                                "66".repeat(12))),
                List.of(
                        new Part(0, chunk + "0000 0001 CK 0000000c 0000000000001008 11*4"),
                        new Part(2, chunk + "0000 0005 CK 00000014 00000001 00001000 00000000 00002000 00000003"),
                        new Part(3, chunk + "0000 0001 CK 0000000c 0000000000003000 33*4"),
                        new Part(6, chunk + "0001 0001 CK 00000014 0000000000006000 66*12"),
                        new Part(0, chunk + "0000 0002 CK 0000000c 0000000000001000 00000008"),
                        new Part(5, chunk + "0001 0000 CK 00000000"),
                        new Part(3, chunk + "0000 8002 CK 00000011 00000005 0003 626164 0000000000003004"),
                        new Part(4, chunk + "0001 8001 CK 00000008 0000ffff 0002 6e6f"),
                        new Part(0, chunk + "0001 0000 CK 00000000"),
                        new Part(1, "67446698 00000000 CK"),
                        new Part(3, chunk + "0001 0000 CK 00000000"),
                        new Part(2, chunk + "0001 0000 CK 00000000")));
    }

    private static Talk extended() {
        String request = "21e41c71 ";
        String chunk = "6e8a278c ";
        return new Talk(
                ReplyStyle.EXTENDED,
                List.of(
                        new Turn(
                                request + "0000 0000 CK 0000000000001000 000000000000000c",
                                reading(0x1000),
                                "00".repeat(8) + "11".repeat(4)),
                        new Turn(
                                request + "0020 0001 CK 0000000000002000 0000000000000004 01020304",
                                writing(0x2000),
                                "done"),
                        new Turn(
                                request + "0000 0007 CK 0000000000000000 0000000000003000",
                                asking(0, 0x3000),
                                "base:allocation 4096/0 8192/3, x:other 12288/" + (1L << 40)),
                        new Turn(
                                request + "0000 0000 CK 0000000000003000 000000000000000c",
                                reading(0x3000),
                                "EIO 5 bad"),
                        new Turn(
                                request + "0020 0007 CK 0000000000004000 000000000000000c 0000000000001000 ffffffff",
                                asking(0x4000, 0x1000, "x:other"),
                                "x:other 4096/1"),
                        new Turn(
                                request + "0000 0005 CK 0000000000005000 0000000000001000",
                                doing(connection -> connection.cache(0x5000, 0x1000)),
                                "EINVAL 32769 "),
                        new Turn(
                                request + "0000 0003 CK 0000000000000000 0000000000000000",
                                doing(NbdConnection::flush),
                                "done")),
                List.of(
                        new Part(0, chunk + "0000 0001 CK 0000000000001000 000000000000000c 0000000000001008 11*4"),
                        new Part(
                                2,
                                chunk + "0000 0006 CK 0000000000000000 0000000000000028 00000001 00000002"
                                        + " 0000000000001000 0000000000000000 0000000000002000 0000000000000003"),
                        new Part(6, chunk + "0001 0000 CK 0000000000000000 0000000000000000"),
                        new Part(0, chunk + "0000 0002 CK 0000000000001000 000000000000000c 0000000000001000 00000008"),
                        new Part(
                                4,
                                chunk + "0001 0006 CK 0000000000004000 0000000000000018 ffffffff 00000001"
                                        + " 0000000000001000 0000000000000001"),
                        new Part(
                                3,
                                chunk + "0001 8002 CK 0000000000003000 0000000000000011 00000005 0003 626164"
                                        + " 0000000000003004"),
                        new Part(
                                2,
                                chunk + "0001 0006 CK 0000000000000000 0000000000000018 ffffffff 00000001"
                                        + " 0000000000003000 0000010000000000"),
                        new Part(0, chunk + "0001 0000 CK 0000000000001000 0000000000000000"),
                        new Part(1, chunk + "0001 0000 CK 0000000000002000 0000000000000000"),
                        new Part(5, chunk + "0001 8fff CK 0000000000005000 0000000000000006 00008001 0000")));
    }

    private Export export() {
        int everything = Exports.FLAGS | 1 << 12;
        return switch (style) {
            case SIMPLE -> Exports.of(style);
            case STRUCTURED -> Exports.contexts(style, everything, Exports.BASE);
            case EXTENDED -> Exports.contexts(style, everything, Exports.BASE, OTHER);
        };
    }

    /** Makes a connection and puts all requests on the wire, and a caller behind them that waits for its turn. */
    Running start(ChannelThreads threads) {
        var options = Rig.OPTIONS.withThreads(threads).withMaximumRequests(turns.size());
        return new Running(this, new Rig(export(), options));
    }

    /** A conversation of which nothing has been answered. */
    static final class Running implements AutoCloseable {
        final Rig rig;
        private final Talk talk;
        private final List<Guarded> buffers = new ArrayList<>();
        private final List<Call<String>> calls = new ArrayList<>();
        private final List<Sent> sents = new ArrayList<>();
        private final Call<String> last;

        private Running(Talk talk, Rig rig) {
            this.talk = talk;
            this.rig = rig;
            for (Turn turn : talk.turns) {
                calls.add(call(turn.body));
                sents.add(rig.server.take());
                sents.getLast().assertBytes(turn.sent);
            }
            last = call(reading(0x8000));
        }

        private Call<String> call(Body body) {
            var buffer = new Guarded(READ_BYTES, buffers.size() % 2 == 0);
            buffers.add(buffer);
            return Call.of(() -> {
                try {
                    return body.run(rig.connection, buffer);
                } catch (NbdCommandException e) {
                    return e.error() + " " + e.errorValue() + " "
                            + e.serverText().orElse("");
                } catch (NbdDisconnectedException e) {
                    return DISCONNECTED;
                }
            });
        }

        /** Returns all that the server says. */
        byte[] transcript() {
            var out = new ByteArrayOutputStream();
            talk.parts.forEach(part -> out.writeBytes(bytes(part)));
            return out.toByteArray();
        }

        private byte[] bytes(Part part) {
            return Hex.bytes(part.bytes, sents.get(part.turn).cookie());
        }

        /** Asserts that every call ended, in time, as it must after so many bytes of the transcript and no more. */
        void assertOutcome(int length, String what) throws Exception {
            List<String> expected = new ArrayList<>();
            for (int turn = 0; turn < calls.size(); turn++) {
                expected.add(end(turn) <= length ? talk.turns.get(turn).answer : DISCONNECTED);
            }
            List<String> found = new ArrayList<>();
            for (Call<String> call : calls) {
                found.add(call.get());
            }
            assertThat(found).as(what).isEqualTo(expected);
            buffers.forEach(Guarded::assertGuards);
        }

        /** Returns where the reply to a request ends. */
        private int end(int turn) {
            int at = 0;
            int end = 0;
            for (Part part : talk.parts) {
                at += bytes(part).length;
                end = part.turn == turn ? at : end;
            }
            return end;
        }

        /** Asserts that the client let go of everything after the server went away. */
        void assertGone(String what) throws Exception {
            assertThat(last.get()).as(what).isEqualTo(DISCONNECTED);
            buffers.getLast().assertUntouched();
            rig.server.awaitClosed();
            assertThat(rig.connection.isOpen()).as(what).isFalse();
            Call.start(rig.connection::close).get();
            rig.awaitIdle();
        }

        /** Answers the caller that waited for its turn, which shows that the connection is still good. */
        void assertUsable() throws Exception {
            Sent sent = rig.server.take();
            assertThat(sent.offset()).isEqualTo(0x8000);
            rig.say(rig.good(sent, 0x42), sent);
            assertThat(last.get()).isEqualTo("42".repeat(READ_BYTES));
            rig.server.assertNothingMore();
            rig.awaitIdle();
        }

        @Override
        public void close() {
            rig.close();
        }
    }
}
