// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Beside the nbdinfo of this machine: libnbd 1.14, which knows neither extended headers nor payloads of block status. */
@Needs.Nbdkit
@Needs.Qemu
@Needs.NbdServer
@Needs.Libnbd
final class NbdinfoIT implements PeerContract {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    private static GoldenFiles files;

    @BeforeAll
    static void makeFiles() throws IOException {
        files = new GoldenFiles(SERVERS.provider().directory());
    }

    @Override
    public PeerComparison comparison() {
        return new PeerComparison(SERVERS.provider(), files, List.of(), KnownDifferences::asBeforeExtendedHeaders);
    }

    @Override
    public List<String> nbdkits() {
        return Stream.of(NbdkitLines.COMMON, NbdkitLines.HERE)
                .flatMap(List::stream)
                .toList();
    }

    @Override
    public List<String> colouredReports() {
        return List.of();
    }

    @Override
    public List<String> spellings() {
        return Questions.SPELLINGS;
    }

    @Test
    void startsServersAsNbdinfoDoes() throws IOException, InterruptedException {
        var softly = new SoftAssertions();
        for (String line : List.of(
                "-- [ nbdkit memory 1M ]",
                "--json -- [ nbdkit -r memory 1M ]",
                "--size -- [ qemu-nbd -r -f raw @/disk ]",
                "--map -- [ qemu-nbd -r -f raw @/disk ]",
                "--list -- [ nbdkit file dir=@/exports ]",
                "--can write -- [ nbdkit -r memory 1M ]",
                "--no-content -- [ sh -c 'exec nbdkit memory 1M' ]",
                "-- [ nbdkit nonsense ]")) {
            comparison().ask(softly, "nbdinfo", files.words(line), "");
        }
        comparison().ask(softly, "nbddump", files.words("-- [ nbdkit data ' @0x1000 1 ' ]"), "");
        softly.assertAll();
    }
}
