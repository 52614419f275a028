// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import nbd4j.client.NbdClient;
import nbd4j.it.Needs;
import nbd4j.it.protocol.Via.Security;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each combination that {@link Cell} leaves out, for the reason that it gives. */
@Timeout(60)
final class MatrixGapsIT {
    @RegisterExtension
    static final CellServer SERVER = new CellServer();

    static Stream<Cell> nbdkit() {
        return Cell.gapsOf(Peer.NBDKIT);
    }

    static Stream<Cell> qemu7() {
        return Cell.gapsOf(Peer.QEMU_7);
    }

    static Stream<Cell> nbdServer() {
        return Cell.gapsOf(Peer.NBD_SERVER);
    }

    static Stream<Cell> embedded() {
        return Cell.gapsOf(Peer.EMBEDDED);
    }

    @ParameterizedTest
    @MethodSource
    @Needs.Nbdkit
    void nbdkit(Cell cell) throws IOException {
        isAGap(cell);
    }

    @ParameterizedTest
    @MethodSource
    @Needs.Qemu
    void qemu7(Cell cell) throws IOException {
        isAGap(cell);
    }

    @ParameterizedTest
    @MethodSource
    @Needs.NbdServer
    void nbdServer(Cell cell) throws IOException {
        isAGap(cell);
    }

    @ParameterizedTest
    @MethodSource
    void embedded(Cell cell) throws IOException {
        isAGap(cell);
    }

    /** Asks for what cannot be: without common keys there is no connection, without a way of replying a lesser one. */
    private static void isAGap(Cell cell) throws IOException {
        String reason = cell.gap().orElseThrow();
        var uri = SERVER.uri(cell);
        if (cell.via().security() == Security.PSK && !cell.peer().knowsPsk()) {
            assertThatThrownBy(() -> NbdClient.connect(uri, cell.options()))
                    .as(reason)
                    .isInstanceOf(IOException.class);
            return;
        }
        try (var disk = NbdClient.connect(uri, cell.options())) {
            var into = ByteBuffer.allocate(1000);
            disk.read(1, into);

            assertThat(disk.export().replyStyle())
                    .as(reason)
                    .isEqualTo(cell.peer().best());
            assertThat(into.flip()).isEqualTo(ByteBuffer.allocate(1000));
        }
    }
}
