// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import static nbd4j.wire.Message.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/**
 * The headers of the transmission phase survive the wire, and so does every number. What follows a header is in
 * {@code ReplyRoundTripPropertyTest}. PBT-01, PBT-08.
 */
class TransmissionRoundTripPropertyTest {
    private static final int TRIES = 1_000;

    private final Edges edges = Edges.ofNow();

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
