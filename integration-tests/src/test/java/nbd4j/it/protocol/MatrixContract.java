// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.it.protocol.Peer.Feature;
import nbd4j.it.protocol.Via.Security;
import nbd4j.model.CommandFlag;
import nbd4j.model.Extent;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.MetaContext;
import nbd4j.model.ReadChunk;
import nbd4j.model.ReplyStyle;
import nbd4j.uri.NbdUri;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the client can do in every {@link Cell}. All tests of a cell share one disk, each in a place of its own. What an
 * export cannot do must be refused before a byte is sent.
 */
@Timeout(300)
interface MatrixContract {
    int KIB = 1 << 10;
    int MIB = 1 << 20;
    long GIB = 1L << 30;
    String ALLOCATION = MetaContext.BASE_ALLOCATION;

    Cell cell();

    NbdUri uri();

    default NbdConnection connect() throws IOException {
        return NbdClient.connect(uri(), cell().options());
    }

    static ByteBuffer random(long seed, int length) {
        var bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    static ByteBuffer read(NbdConnection disk, long offset, int length) throws IOException {
        var into = ByteBuffer.allocateDirect(length);
        disk.read(offset, into);
        return into.flip();
    }

    @Test
    default void agreesOnWhatTheCellSays() throws IOException {
        try (var disk = connect()) {
            var export = disk.export();

            assertThat(export.replyStyle()).isEqualTo(cell().replies());
            assertThat(export.handshakeStyle()).isEqualTo(HandshakeStyle.FIXED_NEWSTYLE);
            assertThat(export.tls()).isEqualTo(cell().via().security() != Security.NONE);
            assertThat(export.name()).isEqualTo(uri().exportName());
            assertThat(export.size()).isEqualTo(CellServer.SIZE);
            assertThat(export.flags())
                    .as("flags 0x%x", export.flags().bits())
                    .isEqualTo(cell().peer().flags(cell().replies()));
            assertThat(export.hasContext(ALLOCATION)).isEqualTo(cell().can(Feature.ALLOCATION));
        }
    }

    @Test
    default void readsBackWhatItWroteAtOddPlaces() throws IOException {
        long[] offsets = {MIB + 1, MIB + 70 * KIB + 511, MIB + 200 * KIB, CellServer.SIZE - 12_345};
        int[] lengths = {1, 513, 123_457, 12_345};
        try (var disk = connect()) {
            for (int i = 0; i < offsets.length; i++) {
                disk.write(offsets[i], random(i, lengths[i]));
            }
            for (int i = 0; i < offsets.length; i++) {
                assertThat(read(disk, offsets[i], lengths[i])).isEqualTo(random(i, lengths[i]));
            }
            assertThat(read(disk, MIB, 3)).isEqualTo(ByteBuffer.wrap(new byte[] {
                0, random(0, 1).get(0), 0
            }));
        }
    }

    @Test
    default void splitsWhatIsLongerThanTheServerTakes() throws IOException {
        int length = 33 * MIB + 7;
        var payload = random(2, length);
        try (var disk = connect()) {
            disk.write(100 * MIB + 3, payload.duplicate());
            assertThat(disk.stats().requests()).isGreaterThan(1);
            // On the heap: direct memory of this size, times the cells, comes back too late on a crowded machine.
            var into = ByteBuffer.allocate(length);
            disk.read(100 * MIB + 3, into);

            assertThat(into.flip()).isEqualTo(payload);
        }
    }

    @Test
    default void gathersAndScatters() throws IOException {
        var all = random(3, 3000);
        try (var disk = connect()) {
            disk.write(
                    10 * MIB, new ByteBuffer[] {all.slice(0, 1), all.slice(1, 2000), all.slice(2001, 999)}, Set.of());
            var head = ByteBuffer.allocate(1700);
            var tail = ByteBuffer.allocateDirect(1300);
            disk.read(10 * MIB, new ByteBuffer[] {head, tail}, Set.of());

            assertThat(head.flip()).isEqualTo(all.slice(0, 1700));
            assertThat(tail.flip()).isEqualTo(all.slice(1700, 1300));
        }
    }

    @Test
    default void writesDurably() throws IOException {
        try (var disk = connect()) {
            disk.write(11 * MIB, random(4, 4096), Set.of(CommandFlag.FUA));
            disk.write(11 * MIB + 4096, random(5, 4096));
            disk.flush();

            assertThat(read(disk, 11 * MIB, 4096)).isEqualTo(random(4, 4096));
            assertThat(read(disk, 11 * MIB + 4096, 4096)).isEqualTo(random(5, 4096));
        }
    }

    @Test
    default void trimsAndGoesOn() throws IOException {
        try (var disk = connect()) {
            disk.write(12 * MIB, random(6, 192 * KIB));
            disk.trim(12 * MIB + 64 * KIB, 64 * KIB, Set.of());

            // Nothing is known of what was trimmed, but of its neighbours.
            assertThat(read(disk, 12 * MIB, 64 * KIB))
                    .isEqualTo(random(6, 192 * KIB).slice(0, 64 * KIB));
            assertThat(read(disk, 12 * MIB + 128 * KIB, 64 * KIB))
                    .isEqualTo(random(6, 192 * KIB).slice(128 * KIB, 64 * KIB));
        }
    }

    @Test
    default void writesZeroes() throws IOException {
        List<Set<CommandFlag>> ways =
                List.of(Set.of(), Set.of(CommandFlag.NO_HOLE), Set.of(CommandFlag.FUA, CommandFlag.NO_HOLE));
        try (var disk = connect()) {
            for (var way : ways) {
                disk.write(13 * MIB, random(7, 1000));
                disk.writeZeroes(13 * MIB + 3, 900, way);

                assertThat(read(disk, 13 * MIB, 3)).isEqualTo(random(7, 1000).slice(0, 3));
                assertThat(read(disk, 13 * MIB + 3, 900)).isEqualTo(ByteBuffer.allocate(900));
                assertThat(read(disk, 13 * MIB + 903, 97))
                        .isEqualTo(random(7, 1000).slice(903, 97));
            }
        }
    }

    @Test
    default void cachesWhereThatIsOffered() throws IOException {
        try (var disk = connect()) {
            if (cell().can(Feature.CACHE)) {
                disk.cache(0, MIB);
                return;
            }
            assertThatThrownBy(() -> disk.cache(0, MIB)).isInstanceOf(IllegalStateException.class);
            assertThat(disk.stats().requests()).isZero();
        }
    }

    @Test
    default void zeroesAndMapsMoreThan32BitsCanCount() throws IOException {
        long from = GIB;
        long length = cell().can(Feature.ZEROES_BY_WRITING) ? 32 * MIB : 5 * GIB + 64 * KIB;
        // Compact requests stay below 2 GiB, which nbd-server takes for negative.
        int requests = cell().can(Feature.ZEROES_BY_WRITING) || cell().replies() == ReplyStyle.EXTENDED ? 1 : 3;
        try (var disk = connect()) {
            disk.write(from, random(8, 4096));
            disk.write(from + length - 4096, random(9, 4096));
            long before = disk.stats().requests();
            disk.writeZeroes(from, length, Set.of());

            assertThat(disk.stats().requests() - before).isEqualTo(requests);
            assertThat(read(disk, from, 4096)).isEqualTo(ByteBuffer.allocate(4096));
            assertThat(read(disk, from + length - 4096, 4096)).isEqualTo(ByteBuffer.allocate(4096));
            if (cell().can(Feature.ALLOCATION)) {
                assertThat(disk.extents(ALLOCATION, from, length)).containsExactly(new Extent(from, length, 3));
            }
            if (cell().replies() == ReplyStyle.EXTENDED) {
                var status = disk.blockStatus(from, length, Set.of()).getFirst();
                assertThat(status.descriptors().getFirst().length()).isGreaterThan(4 * GIB);
            }
        }
    }

    @Test
    default void mapsDataAndHoles() throws IOException {
        long at = 14 * MIB;
        try (var disk = connect()) {
            disk.write(at + 64 * KIB, random(10, 64 * KIB));
            if (!cell().can(Feature.ALLOCATION)) {
                assertThatThrownBy(() -> disk.blockStatus(at, MIB, Set.of())).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> disk.extents(ALLOCATION, at, MIB))
                        .isInstanceOf(IllegalArgumentException.class);
                return;
            }
            assertThat(disk.extents(ALLOCATION, at, 192 * KIB))
                    .containsExactly(
                            new Extent(at, 64 * KIB, 3),
                            new Extent(at + 64 * KIB, 64 * KIB, 0),
                            new Extent(at + 128 * KIB, 64 * KIB, 3));
            var one = disk.blockStatus(at, 192 * KIB, Set.of(CommandFlag.REQ_ONE));
            assertThat(one).hasSize(1);
            assertThat(one.getFirst().context().name()).isEqualTo(ALLOCATION);
            assertThat(one.getFirst().descriptors()).hasSize(1);
            assertThat(one.getFirst().descriptors().getFirst().length()).isBetween(1L, 64L * KIB);
        }
    }

    @Test
    default void asksForAChoiceOfContexts() throws IOException {
        try (var disk = connect()) {
            if (!cell().can(Feature.STATUS_PAYLOAD)) {
                assertThatThrownBy(() -> disk.blockStatus(0, MIB, Set.of(), List.of(ALLOCATION)))
                        .isInstanceOf(IllegalStateException.class);
                return;
            }
            var status = disk.blockStatus(0, MIB, Set.of(), List.of(ALLOCATION));
            assertThat(status)
                    .singleElement()
                    .satisfies(one -> assertThat(one.context().name()).isEqualTo(ALLOCATION));
        }
    }

    @Test
    default void readsHolesAsHolesWhereTheServerSendsThem() throws IOException {
        long at = 16 * MIB;
        try (var disk = connect()) {
            disk.write(at + 64 * KIB, random(11, 64 * KIB));
            var into = ByteBuffer.allocate(192 * KIB);
            while (into.hasRemaining()) {
                into.put((byte) 0x55);
            }
            List<ReadChunk> chunks = disk.readChunks(at, into.clear(), Set.of());

            var expected = ByteBuffer.allocate(192 * KIB);
            expected.put(64 * KIB, random(11, 64 * KIB), 0, 64 * KIB);
            assertThat(into.flip()).isEqualTo(expected);
            long end = at;
            for (ReadChunk chunk : chunks) {
                assertThat(chunk.offset()).isEqualTo(end);
                end += chunk.length();
            }
            assertThat(end).isEqualTo(at + 192 * KIB);
            assertThat(chunks.stream().anyMatch(chunk -> chunk instanceof ReadChunk.Hole))
                    .isEqualTo(cell().can(Feature.HOLE_CHUNKS));
            if (cell().can(Feature.DF)) {
                assertThat(disk.readChunks(at, ByteBuffer.allocate(192 * KIB), Set.of(CommandFlag.DF)))
                        .hasSize(1);
            }
        }
    }

    @Test
    default void listsAndDescribesBeforeItChooses() throws IOException {
        try (var negotiation = NbdClient.negotiate(uri(), cell().options())) {
            String name = uri().exportName();

            assertThat(negotiation.tls()).isEqualTo(cell().via().security() != Security.NONE);
            assertThat(negotiation.list()).anyMatch(listing -> listing.name().equals(name));
            assertThat(negotiation.info(name).size()).isEqualTo(cell().can(Feature.INFO_LIES) ? 0 : CellServer.SIZE);
            if (cell().replies() == ReplyStyle.SIMPLE) {
                assertThatThrownBy(() -> negotiation.listMetaContexts(name, List.of()))
                        .isInstanceOf(IllegalStateException.class);
            } else {
                boolean chunks = cell().replies() == ReplyStyle.EXTENDED
                        ? negotiation.extendedHeaders()
                        : negotiation.structuredReplies();
                assertThat(chunks).isTrue();
                assertThat(negotiation.listMetaContexts(name, List.of())).contains(ALLOCATION);
                assertThat(negotiation.setMetaContexts(name, List.of(ALLOCATION, "x-nobody:knows")))
                        .extracting(MetaContext::name)
                        .containsExactly(ALLOCATION);
            }
            try (var disk = negotiation.go(name)) {
                assertThat(disk.export().size()).isEqualTo(CellServer.SIZE);
                assertThat(disk.export().replyStyle()).isEqualTo(cell().replies());
                read(disk, 0, 512);
            }
        }
    }

    @Test
    default void carries64ThreadsAtOnce() throws Exception {
        try (var disk = connect();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < 64; thread++) {
                long at = 512L * MIB + thread * 256L * KIB;
                int seed = thread;
                all.add(threads.submit(() -> {
                    useMixed(disk, at, seed);
                    return seed;
                }));
            }
            for (var one : all) {
                one.get(240, TimeUnit.SECONDS);
            }
            assertThat(disk.stats().inFlight()).isZero();
        }
    }

    private static void useMixed(NbdConnection disk, long at, int seed) throws IOException {
        var random = new Random(seed);
        var into = ByteBuffer.allocateDirect(96 * KIB);
        for (int round = 0; round < 6; round++) {
            int length = 1 + random.nextInt(96 * KIB);
            int shift = random.nextInt(4096);
            var written = random(random.nextLong(), length);
            disk.write(at + shift, written.duplicate());
            disk.read(at + shift, into.clear().limit(length));
            assertThat(into.flip()).as("thread %d", seed).isEqualTo(written);
            if (round % 3 == 0) {
                disk.flush();
            } else if (round % 3 == 1) {
                disk.writeZeroes(at + shift, length, Set.of());
                disk.read(at + shift, into.clear().limit(length));
                assertThat(into.flip()).isEqualTo(ByteBuffer.allocate(length));
            } else {
                disk.trim(at, 4096, Set.of());
            }
        }
    }

    @Test
    default void leavesTheServerAliveAndItsDataInPlace() throws IOException {
        try (var disk = connect()) {
            disk.write(20 * MIB, random(12, 8192));
            disk.close();
            assertThat(disk.isOpen()).isFalse();
            assertThatThrownBy(disk::flush).isInstanceOf(IOException.class);
        }
        NbdClient.negotiate(uri(), cell().options()).close();
        try (var disk = connect();
                var second = connect()) {
            assertThat(read(disk, 20 * MIB, 8192)).isEqualTo(random(12, 8192));
            assertThat(read(second, 20 * MIB, 8192)).isEqualTo(random(12, 8192));
        }
    }
}
