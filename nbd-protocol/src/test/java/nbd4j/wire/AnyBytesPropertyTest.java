// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static nbd4j.wire.Message.message;
import static nbd4j.wire.Message.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import nbd4j.model.ExportListing;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdProtocolException;
import org.junit.jupiter.api.Test;

/** Whatever a server says in the handshake: it is a message or a breach. FZ-1. */
class AnyBytesPropertyTest {
    private static final int TRIES = 1_000;

    private final Edges edges = Edges.ofNow();

    /** A power of two, or near one. */
    private long size() {
        long power = 1L << edges.random().nextInt(32);
        return edges.random().nextInt(8) > 0 ? power : Math.clamp(edges.u32() % (power + 2), 0, 0xFFFF_FFFFL);
    }

    private interface Decoder {
        Object read(ByteBuffer in) throws NbdProtocolException;
    }

    /** Puts together again what was read; only for what keeps every byte. */
    private static ByteBuffer encode(Object read) {
        return switch (read) {
            case InfoReply.Export export ->
                message((short) 0, export.size(), (short) export.flags().bits());
            case InfoReply.Name name -> message((short) 1, name.text());
            case InfoReply.Blocks blocks ->
                message(
                        (short) 3,
                        blocks.sizes().minimum(),
                        (int) blocks.sizes().preferred(),
                        (int) blocks.sizes().maximumPayload());
            case MetaContext context -> message((int) context.id(), context.name());
            default -> throw new AssertionError(read);
        };
    }

    /** A message near a legal one: some bytes changed, cut off or added. */
    private ByteBuffer mutated() {
        String text = edges.text(edges.random().nextInt(40));
        ByteBuffer message = switch (edges.random().nextInt(6)) {
            case 0 -> message((short) 0, edges.u64(), (short) edges.u16());
            case 1 -> message((short) 1, text);
            case 2 -> message((short) 2, text);
            case 3 -> message((short) 3, (int) size(), (int) size(), (int) size());
            case 4 -> message((int) edges.u32() % 50, text, text);
            default -> message((int) edges.u32(), "x:" + text);
        };
        byte[] bytes = new byte[Math.max(0, message.remaining() + edges.random().nextInt(5) - 3)];
        message.get(bytes, 0, Math.min(bytes.length, message.remaining()));
        for (int i = edges.random().nextInt(3); i > 0 && bytes.length > 0; i--) {
            bytes[edges.random().nextInt(bytes.length)] = (byte) edges.u16();
        }
        return ByteBuffer.wrap(bytes);
    }

    @Test
    void fz1_anyBytesAreAMessageOrABreachAndNothingElse() {
        List<Decoder> decoders = List.of(InfoReply::readFrom, MetaContextReply::readFrom, ServerReply::readFrom);
        int[] outcomes = new int[2];
        for (int i = 0; i < 4 * TRIES; i++) {
            ByteBuffer message = mutated();
            for (Decoder decoder : decoders) {
                try {
                    Object read = decoder.read(message.duplicate());
                    outcomes[0]++;
                    if (read instanceof InfoReply.Unknown || read instanceof InfoReply.Description) {
                        continue;
                    }
                    if (read instanceof ExportListing listing) {
                        int length = listing.name().getBytes(UTF_8).length;
                        assertThat(message.getInt(0)).as("%s", edges).isEqualTo(length);
                        assertThat(text(message.duplicate().position(4), length))
                                .as("%s", edges)
                                .isEqualTo(listing.name());
                        continue;
                    }
                    assertThat(encode(read)).as("%s of %s", read, edges).isEqualTo(message);
                } catch (NbdProtocolException breach) {
                    outcomes[1]++;
                    assertThat(breach).as("%s", edges).hasMessageNotContainingAny("\n", "\u202e", "\u007f");
                }
            }
        }
        assertThat(outcomes[0]).as("messages of %s", edges).isGreaterThan(TRIES);
        assertThat(outcomes[1]).as("breaches of %s", edges).isGreaterThan(TRIES);
    }
}
