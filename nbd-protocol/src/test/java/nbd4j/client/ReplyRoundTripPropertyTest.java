// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static nbd4j.model.ReplyStyle.EXTENDED;
import static nbd4j.model.ReplyStyle.SIMPLE;
import static nbd4j.model.ReplyStyle.STRUCTURED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockDescriptor;
import nbd4j.model.BlockStatus;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import nbd4j.model.Printable;
import nbd4j.model.ReplyStyle;
import nbd4j.model.TransmissionFlags;
import nbd4j.wire.Edges;
import org.junit.jupiter.api.Timeout;

/**
 * What follows the headers of the transmission phase survives the wire: errors, and block status with its selection of
 * contexts. Values lie on the edges of their widths. Data and holes are in {@link ReassemblyPropertyTest}, maps in
 * {@link BlockStatusPropertyTest}. PBT-01.
 */
@Timeout(120)
class ReplyRoundTripPropertyTest {
    private static final int TRIES = 300;
    /** The one that ends the connection, see {@link EndTest}. */
    private static final long SHUTDOWN = NbdError.ESHUTDOWN.value();

    private final Edges edges = Edges.ofNow();

    private long errorValue() {
        long value = edges.u32();
        return value == 0 || value == SHUTDOWN ? 1 : value;
    }

    /** The header of the last chunk of a reply, of either style. */
    private static ByteBuffer chunk(ReplyStyle style, Sent sent, int type, int length) {
        var out = ByteBuffer.allocate(32 + length);
        out.putInt(style == EXTENDED ? 0x6e8a278c : 0x668e33ef)
                .putShort((short) 1)
                .putShort((short) type);
        out.putLong(sent.cookie());
        return style == EXTENDED ? out.putLong(sent.offset()).putLong(length) : out.putInt(length);
    }

    private static byte[] all(ByteBuffer written) {
        byte[] bytes = new byte[written.flip().remaining()];
        written.get(bytes);
        return bytes;
    }

    @BothModes
    void pbt01_simpleErrorsAreReadAsTheyWereSent_tx05_err02(ChannelThreads threads) throws Exception {
        try (var rig = Rig.of(SIMPLE, threads)) {
            for (int i = 0; i < TRIES; i++) {
                long value = errorValue();
                var call = Call.start(() -> rig.connection.read(Rig.A, ByteBuffer.allocate(0x1000)));
                Sent sent = rig.server.take();
                rig.say("67446698 %08x CK".formatted(value), sent);
                var failure = call.failure(NbdCommandException.class);
                assertThat(failure.errorValue()).as("%s", edges).isEqualTo(value);
                assertThat(failure.error()).as("%s", edges).isEqualTo(NbdError.of(value));
                assertThat(failure.serverText()).as("%s", edges).isEmpty();
            }
            rig.expectUsable();
        }
    }

    /** Behind the text of an error without offset there may be more, which says nothing. */
    @BothModes
    void pbt01_errorChunksAreReadAsTheyWereSent_sr14_sr15_sr16(ChannelThreads threads) throws Exception {
        for (ReplyStyle style : new ReplyStyle[] {STRUCTURED, EXTENDED}) {
            try (var rig = Rig.of(style, threads)) {
                for (int i = 0; i < TRIES; i++) {
                    int type = edges.random().nextInt(3) > 0
                            ? 0x8001 + edges.random().nextInt(2)
                            : 0x8003 + edges.random().nextInt(0x7FFD);
                    boolean withOffset = type == 0x8002;
                    long value = errorValue();
                    byte[] text = edges.text().getBytes(UTF_8);
                    byte[] behind = edges.bytes(withOffset ? 0 : edges.random().nextInt(9));
                    long offset = Rig.A + edges.random().nextInt(0x1000);
                    var call = Call.start(() -> rig.connection.read(Rig.A, ByteBuffer.allocate(0x1000)));
                    Sent sent = rig.server.take();
                    ByteBuffer out = chunk(style, sent, type, 6 + text.length + behind.length + (withOffset ? 8 : 0));
                    out.putInt((int) value)
                            .putShort((short) text.length)
                            .put(text)
                            .put(behind);
                    rig.server.say(all(withOffset ? out.putLong(offset) : out));

                    String what = "%s, type %x, %s".formatted(style, type, edges);
                    var failure = call.failure(NbdCommandException.class);
                    assertThat(failure.errorValue()).as(what).isEqualTo(value);
                    assertThat(failure.serverText().orElse("")).as(what).isEqualTo(Printable.escape(text));
                    assertThat(failure.errorOffset().orElse(-1)).as(what).isEqualTo(withOffset ? offset : -1);
                }
                rig.expectUsable();
            }
        }
    }

    @BothModes
    void pbt01_selectedContextsAndTheirStatusArriveAsTheyWereSent_eh06_bs02(ChannelThreads threads) throws Exception {
        for (int i = 0; i < TRIES; i++) {
            List<MetaContext> contexts = new ArrayList<>();
            Set<Long> ids = new LinkedHashSet<>();
            while (ids.size() < 1 + i % 64) {
                ids.add(edges.u32());
            }
            ids.forEach(id -> contexts.add(new MetaContext(id, "x-y:" + Long.toHexString(id))));
            var export = Exports.contexts(
                    EXTENDED,
                    Exports.FLAGS | TransmissionFlags.BLOCK_STATUS_PAYLOAD,
                    contexts.toArray(MetaContext[]::new));
            List<MetaContext> selected = new ArrayList<>(contexts);
            Collections.shuffle(selected, edges.random());
            selected.subList(1 + edges.random().nextInt(selected.size()), selected.size())
                    .clear();
            long offset = edges.random().nextInt(Exports.MIB);
            long length = 1L + edges.random().nextInt(Exports.MIB - (int) offset);
            try (var rig = Rig.of(export, threads)) {
                var call = Call.of(() -> rig.connection.blockStatus(
                        offset,
                        length,
                        Set.of(),
                        selected.stream().map(MetaContext::name).toList()));
                Sent sent = rig.server.take();
                var expected = new StringBuilder(
                        "21e41c71 0020 0007 CK %016x %016x %016x".formatted(offset, 8 + 4 * selected.size(), length));
                selected.forEach(context -> expected.append(" %08x".formatted(context.id())));
                sent.assertBytes(expected.toString());

                List<BlockStatus> answers = new ArrayList<>();
                for (MetaContext context : selected) {
                    long flags = edges.u64();
                    ByteBuffer out = chunk(EXTENDED, sent, 6, 24);
                    out.putShort(4, (short) 0);
                    rig.server.say(all(out.putInt((int) context.id())
                            .putInt(1)
                            .putLong(length)
                            .putLong(flags)));
                    answers.add(new BlockStatus(context, List.of(new BlockDescriptor(length, flags))));
                }
                rig.say(rig.done(sent), sent);

                assertThat(call.get()).as("%s", edges).containsExactlyInAnyOrderElementsOf(answers);
            }
        }
    }
}
