// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Beside the nbdinfo of this machine: libnbd 1.14, which knows neither extended headers nor payloads of block status. */
@Needs.Nbdkit
@Needs.Qemu
@Needs.NbdServer
@Needs.Libnbd
final class NbdinfoIT implements PeerContract {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    @Override
    public ServerProvider servers() {
        return SERVERS.provider();
    }

    @Override
    public List<String> peers() {
        return List.of();
    }

    @Override
    public String wanted(String ours) {
        var lines = new StringBuilder();
        ours.lines()
                .filter(line -> !line.contains("can_block_status_payload") && !line.startsWith("\"extended\": "))
                .forEach(line -> lines.append(line).append('\n'));
        return lines.toString();
    }
}
