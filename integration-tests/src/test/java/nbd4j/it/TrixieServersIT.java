// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

@Needs.Trixie
final class TrixieServersIT {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofTrixie);

    @Nested
    final class Nbdkit implements ServedContract.Nbdkit {
        @Override
        public ServerProvider servers() {
            return SERVERS.provider();
        }
    }

    @Nested
    final class Qemu implements ServedContract.Qemu {
        @Override
        public ServerProvider servers() {
            return SERVERS.provider();
        }
    }

    @Nested
    final class NbdServer implements ServedContract.NbdServer {
        @Override
        public ServerProvider servers() {
            return SERVERS.provider();
        }
    }
}
