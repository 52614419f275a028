// SPDX-License-Identifier: Apache-2.0
package nbd4j.it.protocol;

import java.util.stream.Stream;
import nbd4j.it.Needs;
import nbd4j.uri.NbdUri;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every server, way of replying and transport. {@link Cell} says which combinations cannot be, and why. */
final class MatrixIT {
    @RegisterExtension
    static final CellServer SERVER = new CellServer();

    /** One server's cells. */
    interface Served extends MatrixContract {
        @Override
        default NbdUri uri() {
            return SERVER.uri(cell());
        }
    }

    @Nested
    @Needs.Nbdkit
    @ParameterizedClass
    @MethodSource("cells")
    final class Nbdkit implements Served {
        private final Cell cell;

        Nbdkit(Cell cell) {
            this.cell = cell;
        }

        static Stream<Cell> cells() {
            return Cell.of(Peer.NBDKIT);
        }

        @Override
        public Cell cell() {
            return cell;
        }
    }

    @Nested
    @Needs.Qemu
    @ParameterizedClass
    @MethodSource("cells")
    final class Qemu7 implements Served {
        private final Cell cell;

        Qemu7(Cell cell) {
            this.cell = cell;
        }

        static Stream<Cell> cells() {
            return Cell.of(Peer.QEMU_7);
        }

        @Override
        public Cell cell() {
            return cell;
        }
    }

    @Nested
    @Needs.Trixie
    @ParameterizedClass
    @MethodSource("cells")
    final class Qemu10 implements Served {
        private final Cell cell;

        Qemu10(Cell cell) {
            this.cell = cell;
        }

        static Stream<Cell> cells() {
            return Cell.of(Peer.QEMU_10);
        }

        @Override
        public Cell cell() {
            return cell;
        }
    }

    @Nested
    @Needs.NbdServer
    @ParameterizedClass
    @MethodSource("cells")
    final class NbdServer implements Served {
        private final Cell cell;

        NbdServer(Cell cell) {
            this.cell = cell;
        }

        static Stream<Cell> cells() {
            return Cell.of(Peer.NBD_SERVER);
        }

        @Override
        public Cell cell() {
            return cell;
        }
    }

    @Nested
    @ParameterizedClass
    @MethodSource("cells")
    final class Embedded implements Served {
        private final Cell cell;

        Embedded(Cell cell) {
            this.cell = cell;
        }

        static Stream<Cell> cells() {
            return Cell.of(Peer.EMBEDDED);
        }

        @Override
        public Cell cell() {
            return cell;
        }
    }
}
