// SPDX-License-Identifier: Apache-2.0
package nbd4j.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The messages of the transmission phase against the bytes of the specification: TX-01, SR-01, EH-01, PBT-08. */
class TransmissionRecordsTest {
    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static String hex(ByteBuffer out) {
        byte[] written = new byte[out.position()];
        out.duplicate().flip().get(written);
        return HexFormat.of().formatHex(written);
    }

    @Test
    void tx01_compactRequest() {
        var out = ByteBuffer.allocate(64);
        var header = new RequestHeader(1, 6, 7, 0x1_0000_0000L, 0xFFFF_F000L);
        header.writeCompactTo(out);
        assertThat(hex(out))
                .isEqualTo("25609513" + "0001" + "0006" + "0000000000000007" + "0000000100000000" + "fffff000");
        assertThat(RequestHeader.readFrom(out.flip())).isEqualTo(header);
    }

    @Test
    void tx01_extendedRequest() {
        var out = ByteBuffer.allocate(64);
        var header = new RequestHeader(0xFFFF, 0xFFFF, -1, -2, -3);
        header.writeExtendedTo(out);
        assertThat(hex(out))
                .isEqualTo("21e41c71" + "ffff" + "ffff" + "ffffffffffffffff" + "fffffffffffffffe" + "fffffffffffffffd");
        assertThat(RequestHeader.readFrom(out.flip())).isEqualTo(header);
    }

    @Test
    void refusesWhatDoesNotFit() {
        var out = ByteBuffer.allocate(64);
        assertThatThrownBy(() -> new RequestHeader(0x10000, 0, 0, 0, 0).writeCompactTo(out))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RequestHeader(0, -1, 0, 0, 0).writeExtendedTo(out))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RequestHeader(0, 0, 0, 0, 1L << 32).writeCompactTo(out))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4294967296");
        assertThatThrownBy(() -> RequestHeader.readFrom(bytes("25609514" + "00".repeat(24))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0x25609514");
    }

    @Test
    void tx05_simpleReply() {
        assertThat(SimpleReply.readBehindMagic(bytes("ffffffff 8000000000000001")))
                .isEqualTo(new SimpleReply(0xFFFF_FFFFL, 0x8000_0000_0000_0001L));
        assertThat(SimpleReply.MAGIC).isEqualTo(0x67446698);
        assertThat(SimpleReply.BYTES).isEqualTo(16);
    }

    @Test
    void sr01_structuredChunk() {
        var header = ChunkHeader.readStructuredBehindMagic(bytes("8001 8002 0123456789abcdef ffffffff"));
        assertThat(header).isEqualTo(new ChunkHeader(0x8001, 0x8002, 0x0123456789abcdefL, 0, 0xFFFF_FFFFL));
        assertThat(header.done()).isTrue();
        assertThat(ChunkType.isError(header.type())).isTrue();
    }

    @Test
    void eh01_extendedChunk() {
        var header = ChunkHeader.readExtendedBehindMagic(
                bytes("8000 0006 0123456789abcdef fedcba9876543210 8000000000000000"));
        assertThat(header)
                .isEqualTo(new ChunkHeader(0x8000, 6, 0x0123456789abcdefL, 0xfedcba9876543210L, Long.MIN_VALUE));
        assertThat(header.done()).isFalse();
        assertThat(ChunkType.isError(header.type())).isFalse();
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }

    @Test
    void pbt08_insideMeansInsideForAllUnsignedNumbers_gen01() {
        var edges = Edges.ofNow();
        for (int i = 0; i < 200_000; i++) {
            long offset = edges.u64();
            long length = edges.u64();
            long size = edges.u64();
            boolean inside = unsigned(offset).add(unsigned(length)).compareTo(unsigned(size)) <= 0;
            assertThat(Unsigned.isInside(offset, length, size))
                    .as("%x %x %x of %s", offset, length, size, edges)
                    .isEqualTo(inside);
        }
    }

    @Test
    void commandsHaveTheNumbersOfTheSpecification() {
        Command[] commands = {
            Command.READ, Command.WRITE, Command.DISC, Command.FLUSH,
            Command.TRIM, Command.CACHE, Command.WRITE_ZEROES, Command.BLOCK_STATUS
        };
        for (int type = 0; type < commands.length; type++) {
            assertThat(commands[type].type()).isEqualTo(type);
        }
        assertThat(Command.WRITE_ZEROES.words()).isEqualTo("write zeroes");
        assertThat(Command.WRITE_ZEROES.legalBits()).isEqualTo(0x13);
        assertThat(Command.TRIM.writes()).isTrue();
        assertThat(Command.CACHE.writes()).isFalse();
    }
}
