// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import nbd4j.model.BlockSizes;
import nbd4j.model.ExportListing;
import nbd4j.model.InformationType;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.Printable;
import nbd4j.model.TransmissionFlags;
import org.junit.jupiter.api.Test;

/**
 * Every message survives the wire: what the client encodes is taken apart here, by hand, and what it decodes is put
 * together here. Values lie on the edges of their widths. PBT-01, PBT-08.
 */
class RoundTripPropertyTest {
    private static final int TRIES = 1_000;

    private final Edges edges = Edges.ofNow();

    /** What a server says, written by hand. */
    private static ByteBuffer message(Object... parts) {
        var out = ByteBuffer.allocate(16_384);
        for (Object part : parts) {
            switch (part) {
                case Short u16 -> out.putShort(u16);
                case Integer u32 -> out.putInt(u32);
                case Long u64 -> out.putLong(u64);
                case String text -> out.put(text.getBytes(UTF_8));
                case byte[] bytes -> out.put(bytes);
                default -> throw new IllegalArgumentException(part.toString());
            }
        }
        return out.flip();
    }

    private static String text(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, UTF_8);
    }

    // What the client says.

    @Test
    void pbt01_optionsArriveAsTheyWereSent_opt01() {
        for (int i = 0; i < TRIES; i++) {
            for (Option option : Option.values()) {
                byte[] data = edges.bytes(edges.random().nextInt(i % 10 == 0 ? 8192 : 3));

                ByteBuffer in = option.encode(data);

                assertThat(in.getLong()).as("%s", edges).isEqualTo(0x49484156454f5054L);
                assertThat(in.getInt()).as("%s", edges).isEqualTo(option.number());
                assertThat(in.getInt()).as("%s", edges).isEqualTo(data.length);
                assertThat(in.slice()).as("%s", edges).isEqualTo(ByteBuffer.wrap(data));
            }
        }
    }

    @Test
    void pbt01_questionsForInformationArriveAsTheyWereSent_inf01() {
        for (int i = 0; i < TRIES; i++) {
            String name = edges.text();
            Set<InformationType> types = EnumSet.noneOf(InformationType.class);
            for (InformationType type : InformationType.values()) {
                if (edges.random().nextBoolean()) {
                    types.add(type);
                }
            }

            var in = ByteBuffer.wrap(InfoRequest.encode(name, types));

            assertThat(text(in, in.getInt())).as("%s", edges).isEqualTo(name);
            assertThat((int) in.getShort()).as("%s", edges).isEqualTo(types.size());
            List<Integer> numbers = new ArrayList<>();
            while (in.hasRemaining()) {
                numbers.add((int) in.getShort());
            }
            assertThat(numbers)
                    .as("%s", edges)
                    .containsExactlyElementsOf(
                            types.stream().map(InformationType::value).toList());
        }
    }

    @Test
    void pbt01_questionsForContextsArriveAsTheyWereSent_mc01() {
        for (int i = 0; i < TRIES; i++) {
            String name = edges.text();
            List<String> queries = new ArrayList<>();
            int count = edges.random().nextInt(edges.random().nextBoolean() ? 4 : 65);
            while (queries.size() < count) {
                queries.add("x-y:" + edges.text(edges.random().nextInt(i % 10 == 0 ? 4093 : 20)));
            }

            var in = ByteBuffer.wrap(MetaContextRequest.encode(name, queries));

            assertThat(text(in, in.getInt())).as("%s", edges).isEqualTo(name);
            assertThat(in.getInt()).as("%s", edges).isEqualTo(count);
            List<String> arrived = new ArrayList<>();
            while (in.hasRemaining()) {
                arrived.add(text(in, in.getInt()));
            }
            assertThat(arrived).as("%s", edges).isEqualTo(queries);
        }
    }

    @Test
    void pbt01_namesBeyondTheLimitsAreNotSent_gen02() {
        for (int i = 0; i < 100; i++) {
            String tooLong = edges.text(4097 + edges.random().nextInt(3));
            String withNul = edges.text(10) + "\0" + edges.text(10);
            String unpaired = edges.text(10) + "\ud83d" + edges.text(10);
            for (String name : List.of(tooLong, withNul, unpaired)) {
                assertThatThrownBy(() -> InfoRequest.encode(name, Set.of()))
                        .as("%s", edges)
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> MetaContextRequest.encode(name, List.of()))
                        .as("%s", edges)
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> MetaContextRequest.encode("", List.of("x-y:" + name)))
                        .as("%s", edges)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void pbt01_requestsArriveAsTheyWereSent_tx01() {
        for (int i = 0; i < TRIES; i++) {
            var header = new RequestHeader(edges.u16(), edges.u16(), edges.u64(), edges.u64(), edges.u32());
            var out = ByteBuffer.allocate(32);
            header.writeCompactTo(out);
            assertThat(out.flip())
                    .as("%s", edges)
                    .isEqualTo(message(
                            0x25609513,
                            (short) header.flags(),
                            (short) header.type(),
                            header.cookie(),
                            header.offset(),
                            (int) header.length()));
            assertThat(RequestHeader.readFrom(out)).as("%s", edges).isEqualTo(header);

            var wide = new RequestHeader(edges.u16(), edges.u16(), edges.u64(), edges.u64(), edges.u64());
            out.clear();
            wide.writeExtendedTo(out);
            assertThat(out.flip())
                    .as("%s", edges)
                    .isEqualTo(message(
                            0x21e41c71,
                            (short) wide.flags(),
                            (short) wide.type(),
                            wide.cookie(),
                            wide.offset(),
                            wide.length()));
            assertThat(RequestHeader.readFrom(out)).as("%s", edges).isEqualTo(wide);
        }
    }

    @Test
    void pbt01_clientFlagsAreTheKnownOnesOfThoseOffered_hs09() {
        for (int flags = 0; flags <= 0xFFFF; flags++) {
            var greeting = Greeting.Newstyle.readFrom(message((short) flags));

            assertThat(greeting.flags()).isEqualTo(flags);
            assertThat(greeting.fixed()).isEqualTo(flags % 2 == 1);
            assertThat(greeting.noZeroes()).isEqualTo(flags / 2 % 2 == 1);
            assertThat(greeting.clientFlags()).isEqualTo(message(flags % 4));
        }
    }

    // What a server says.

    @Test
    void pbt01_greetingsAreReadAsTheyWereSent_hs01() throws Exception {
        for (int i = 0; i < TRIES; i++) {
            long magic = edges.random().nextInt(3) == 0 ? edges.u64() : 0x4e42444d41474943L;
            long style = edges.random().nextInt(3) == 0
                    ? edges.u64()
                    : edges.random().nextBoolean() ? 0x49484156454f5054L : 0x0000420281861253L;
            ByteBuffer prefix = message(magic, style);
            if (magic == 0x4e42444d41474943L && (style == 0x49484156454f5054L || style == 0x0000420281861253L)) {
                assertThat(Greeting.isNewstyle(prefix)).as("%s", edges).isEqualTo(style == 0x49484156454f5054L);
            } else {
                assertThatThrownBy(() -> Greeting.isNewstyle(prefix))
                        .as("%s", edges)
                        .isInstanceOf(NbdProtocolException.class);
            }
            var old = new Greeting.Oldstyle(edges.u64(), edges.u32());
            assertThat(Greeting.Oldstyle.readFrom(message(old.size(), (int) old.flags(), new byte[124])))
                    .as("%s", edges)
                    .isEqualTo(old);
        }
    }

    @Test
    void pbt01_optionRepliesAreReadAsTheyWereSent_opt03() {
        for (int i = 0; i < TRIES; i++) {
            var header = new OptionReplyHeader(edges.u64(), edges.u32(), edges.u32(), edges.u32());

            var read = OptionReplyHeader.readFrom(
                    message(header.magic(), (int) header.option(), (int) header.type(), (int) header.length()));

            assertThat(read).as("%s", edges).isEqualTo(header);
            assertThat(read.isError()).as("%s", edges).isEqualTo(header.type() >= 1L << 31);
        }
    }

    @Test
    void pbt01_answersToExportNameAreReadAsTheyWereSent_hs12() {
        for (int i = 0; i < TRIES; i++) {
            var reply = new ExportNameReply(edges.u64(), edges.u16());

            assertThat(ExportNameReply.readFrom(message(reply.size(), (short) reply.flags())))
                    .as("%s", edges)
                    .isEqualTo(reply);
        }
        assertThat(ExportNameReply.bytes(true)).isEqualTo(10);
        assertThat(ExportNameReply.bytes(false)).isEqualTo(134);
    }

    @Test
    void pbt01_informationIsReadAsItWasSent_inf05_inf06() throws Exception {
        for (int i = 0; i < TRIES; i++) {
            long size = edges.u64();
            int flags = edges.u16();
            assertThat(InfoReply.readFrom(message((short) 0, size, (short) flags)))
                    .as("%s", edges)
                    .isEqualTo(new InfoReply.Export(size, new TransmissionFlags(flags)));

            String text = edges.text();
            assertThat(InfoReply.readFrom(message((short) 1, text)))
                    .as("%s", edges)
                    .isEqualTo(new InfoReply.Name(text));
            assertThat(InfoReply.readFrom(message((short) 2, text)))
                    .as("%s", edges)
                    .isEqualTo(new InfoReply.Description(Printable.escapeAll(text)));

            int unknown = Math.max(4, edges.u16());
            assertThat(InfoReply.readFrom(
                            message((short) unknown, edges.bytes(edges.random().nextInt(9)))))
                    .as("%s", edges)
                    .isEqualTo(new InfoReply.Unknown(unknown));
        }
    }

    /** A power of two, or near one. */
    private long size() {
        long power = 1L << edges.random().nextInt(32);
        return edges.random().nextInt(8) > 0 ? power : Math.clamp(edges.u32() % (power + 2), 0, 0xFFFF_FFFFL);
    }

    @Test
    void pbt01_legalBlockSizesAreReadAsTheyWereSentAndNoOthers_sz01() throws Exception {
        int legalOnes = 0;
        for (int i = 0; i < 2 * TRIES; i++) {
            long minimum = size();
            long preferred = size();
            long maximum = edges.random().nextBoolean() ? size() : edges.u32();
            ByteBuffer in = message((short) 3, (int) minimum, (int) preferred, (int) maximum);
            boolean legal = Long.bitCount(minimum) == 1
                    && minimum <= 65_536
                    && Long.bitCount(preferred) == 1
                    && preferred >= 512
                    && preferred >= minimum
                    && maximum >= preferred;
            String what = "%d %d %d of %s".formatted(minimum, preferred, maximum, edges);
            if (legal) {
                legalOnes++;
                assertThat(InfoReply.readFrom(in))
                        .as(what)
                        .isEqualTo(new InfoReply.Blocks(new BlockSizes((int) minimum, preferred, maximum)));
            } else {
                assertThatThrownBy(() -> InfoReply.readFrom(in)).as(what).isInstanceOf(NbdProtocolException.class);
            }
        }
        assertThat(legalOnes).as("%s", edges).isGreaterThan(100);
    }

    @Test
    void pbt01_listedExportsAreReadAsTheyWereSent_opt41() throws Exception {
        for (int i = 0; i < TRIES; i++) {
            String name = edges.text();
            String description = edges.text();

            assertThat(ServerReply.readFrom(message(name.getBytes(UTF_8).length, name, description)))
                    .as("%s", edges)
                    .isEqualTo(new ExportListing(name, Printable.escapeAll(description)));
        }
    }

    @Test
    void pbt01_contextsAreReadAsTheyWereSent_mc12() throws Exception {
        for (int i = 0; i < TRIES; i++) {
            var context = new MetaContext(
                    edges.u32(), "x-y:" + edges.text(edges.random().nextInt(4093)));

            assertThat(MetaContextReply.readFrom(message((int) context.id(), context.name())))
                    .as("%s", edges)
                    .isEqualTo(context);
        }
    }

    @Test
    void pbt01_repliesAreReadAsTheyWereSent_tx05_sr01_eh01() {
        for (int i = 0; i < TRIES; i++) {
            var simple = new SimpleReply(edges.u32(), edges.u64());
            assertThat(SimpleReply.readBehindMagic(message((int) simple.error(), simple.cookie())))
                    .as("%s", edges)
                    .isEqualTo(simple);

            var structured = new ChunkHeader(edges.u16(), edges.u16(), edges.u64(), 0, edges.u32());
            var read = ChunkHeader.readStructuredBehindMagic(
                    message((short) structured.flags(), (short) structured.type(), structured.cookie(), (int)
                            structured.length()));
            assertThat(read).as("%s", edges).isEqualTo(structured);
            assertThat(read.done()).as("%s", edges).isEqualTo(structured.flags() % 2 == 1);
            assertThat(ChunkType.isError(read.type())).as("%s", edges).isEqualTo(structured.type() >= 0x8000);

            var extended = new ChunkHeader(edges.u16(), edges.u16(), edges.u64(), edges.u64(), edges.u64());
            assertThat(ChunkHeader.readExtendedBehindMagic(message(
                            (short) extended.flags(),
                            (short) extended.type(),
                            extended.cookie(),
                            extended.offset(),
                            extended.length())))
                    .as("%s", edges)
                    .isEqualTo(extended);
        }
    }

    // Whatever a server says.

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

    // Numbers.

    @Test
    void pbt08_numbersKeepAllTheirBitsAndTakeNoMore() {
        for (int i = 0; i < 10 * TRIES; i++) {
            long value = edges.u64();
            var out = ByteBuffer.allocate(4);
            if (value >= 0 && value <= 0xFFFF_FFFFL) {
                Unsigned.putU32(out, value);
                assertThat(Unsigned.u32(out.flip())).as("%s", edges).isEqualTo(value);
            } else {
                assertThatThrownBy(() -> Unsigned.putU32(out, value))
                        .as("%s", edges)
                        .isInstanceOf(IllegalArgumentException.class);
            }
            out.clear();
            int small = (int) value;
            if (small >= 0 && small <= 0xFFFF) {
                Unsigned.putU16(out, small);
                assertThat(Unsigned.u16(out.flip())).as("%s", edges).isEqualTo(small);
            } else {
                assertThatThrownBy(() -> Unsigned.putU16(out, small))
                        .as("%s", edges)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }
}
