// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.it.LocalProcesses;
import nbd4j.it.Needs;
import nbd4j.it.RunningServer;
import nbd4j.it.ServerCommand;
import nbd4j.it.ServerCommand.Listen;
import nbd4j.it.Servers;
import nbd4j.it.Tools;
import nbd4j.model.BlockSizes;
import nbd4j.model.ClientCheck;
import nbd4j.model.Extent;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdCommandException;
import nbd4j.model.NbdError;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What only one kind of server has. */
@Timeout(120)
final class RealServersIT {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    private static RunningServer start(ServerCommand command) throws IOException, InterruptedException {
        return SERVERS.provider().start(command, Listen.UNIX);
    }

    @Test
    @Needs.Qemu
    void readsSeveralContextsOfQemuAtOnce() throws Exception {
        var directory = SERVERS.provider().directory();
        String base = directory.resolve("base.qcow2").toString();
        String disk = directory.resolve("disk.qcow2").toString();
        Tools.run("qemu-img", "create", "-q", "-f", "qcow2", base, "4M").succeeded();
        Tools.run("qemu-io", "-f", "qcow2", "-c", "write -P 1 0 1M", base).succeeded();
        Tools.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", disk)
                .succeeded();
        Tools.run("qemu-img", "bitmap", "--add", disk, "b0").succeeded();
        Tools.run("qemu-io", "-f", "qcow2", "-c", "write -P 2 1M 1M", disk).succeeded();
        String bitmap = "qemu:dirty-bitmap:b0";
        String depth = "qemu:allocation-depth";
        var contexts = List.of(MetaContext.BASE_ALLOCATION, depth, bitmap);
        var options = ConnectOptions.defaults().withMetaContexts(contexts);
        try (var server = start(ServerCommand.qemuNbd("-t", "-e", "4", "-f", "qcow2", "-A", "-B", "b0", disk));
                var connection = NbdClient.connect(server.uri().toString(), options);
                var negotiation = NbdClient.negotiate(server.uri().toString(), options)) {
            var status = connection.blockStatus(0, 4 * MIB, Set.of());

            assertThat(status).extracting(one -> one.context().name()).containsExactlyInAnyOrderElementsOf(contexts);
            assertThat(connection.extents(MetaContext.BASE_ALLOCATION, 0, 4 * MIB))
                    .containsExactly(new Extent(0, 2 * MIB, 0), new Extent(2 * MIB, 2 * MIB, 3));
            assertThat(connection.extents(depth, 0, 4 * MIB))
                    .containsExactly(new Extent(0, MIB, 2), new Extent(MIB, MIB, 1), new Extent(2 * MIB, 2 * MIB, 0));
            assertThat(connection.extents(bitmap, 0, 4 * MIB))
                    .containsExactly(
                            new Extent(0, MIB, 0),
                            new Extent(MIB, MIB, MetaContext.STATE_DIRTY),
                            new Extent(2 * MIB, 2 * MIB, 0));
            assertThat(negotiation.structuredReplies()).isTrue();
            assertThat(negotiation.listMetaContexts("", List.of("qemu:"))).containsExactlyInAnyOrder(depth, bitmap);
        }
    }

    @Test
    @Needs.Nbdkit
    void keepsToTheBlockSizesThatNbdkitEnforces() throws Exception {
        var command = ServerCommand.nbdkit(
                "--filter=blocksize-policy",
                "memory",
                "1M",
                "blocksize-minimum=4096",
                "blocksize-preferred=4096",
                "blocksize-maximum=64K",
                "blocksize-error-policy=error");
        var unchecked = ConnectOptions.defaults()
                .withChecks(EnumSet.complementOf(EnumSet.of(ClientCheck.ALIGNMENT, ClientCheck.PAYLOAD)));
        try (var server = start(command);
                var disk = NbdClient.connect(server.uri().toString());
                var careless = NbdClient.connect(server.uri().toString(), unchecked)) {
            assertThat(disk.export().blockSizes()).isEqualTo(new BlockSizes(4096, 4096, 64 * KIB));
            disk.write(0, MatrixContract.random(1, MIB));
            assertThat(disk.stats().requests()).isEqualTo(16);
            assertThat(MatrixContract.read(disk, 0, MIB)).isEqualTo(MatrixContract.random(1, MIB));
            assertThatThrownBy(() -> disk.read(512, ByteBuffer.allocate(4096)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("4096");
            assertThat(disk.stats().requests()).isEqualTo(32);

            assertIsRefused(() -> careless.read(512, ByteBuffer.allocate(4096)));
            assertIsRefused(() -> careless.read(0, ByteBuffer.allocate(128 * KIB)));
            assertThat(MatrixContract.read(careless, 4096, 4096))
                    .isEqualTo(MatrixContract.random(1, MIB).slice(4096, 4096));
        }
    }

    private static void assertIsRefused(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NbdCommandException.class,
                        refused -> assertThat(refused.error()).isEqualTo(NbdError.EINVAL));
    }

    @Test
    @Needs.Nbdkit
    void nbdkitLivesOnAfterEachOfOurFailures() throws Exception {
        var command = ServerCommand.nbdkit("--filter=delay", "memory", "4M", "rdelay=20ms");
        try (var server = start(command)) {
            String uri = server.uri().toString();
            for (int round = 0; round < 20; round++) {
                interruptAndCloseWithRequestsInFlight(uri);
                NbdClient.negotiate(uri, ConnectOptions.defaults()).abort();
                try (var disk = NbdClient.connect(uri)) {
                    assertThat(MatrixContract.read(disk, 0, 4096)).isEqualTo(ByteBuffer.allocate(4096));
                }
            }
        }
    }

    /** Dropping the socket instead would end nbdkit 1.32 by an assertion: abort() is for servers that are lost. */
    private static void interruptAndCloseWithRequestsInFlight(String uri) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var disk = NbdClient.connect(uri)) {
            var begun = new CountDownLatch(8);
            List<Future<?>> reads = new ArrayList<>();
            IntStream.range(0, 8)
                    .forEach(reader -> reads.add(threads.submit(() -> {
                        begun.countDown();
                        while (true) {
                            disk.read(reader * 4096L, ByteBuffer.allocate(4096));
                        }
                    })));
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            reads.getFirst().cancel(true);
            disk.close();
            for (var read : reads.subList(1, reads.size())) {
                assertThatThrownBy(() -> read.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
            }
        }
    }
}
