// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static nbd4j.wire.Message.message;
import static nbd4j.wire.Message.text;
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
 * Every message of the handshake survives the wire: what the client encodes is taken apart here, by hand, and what it
 * decodes is put together here. Values lie on the edges of their widths. PBT-01.
 */
class HandshakeRoundTripPropertyTest {
    private static final int TRIES = 1_000;

    private final Edges edges = Edges.ofNow();

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
}
