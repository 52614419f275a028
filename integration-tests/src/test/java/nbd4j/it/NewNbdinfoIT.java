// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import nbd4j.cli.CommandInProcess;
import nbd4j.it.ServerCommand.Listen;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Beside nbdinfo 1.22 of Debian 13, whose output is the one we follow, with the servers of Debian 13. */
@Needs.Trixie
@Needs.Qemu
final class NewNbdinfoIT implements PeerContract {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofTrixie);

    private static GoldenFiles files;

    @BeforeAll
    static void makeFiles() throws IOException {
        files = new GoldenFiles(SERVERS.provider().directory());
    }

    @Override
    public PeerComparison comparison() {
        return new PeerComparison(SERVERS.provider(), files, LocalProcesses.trixie(), KnownDifferences::withoutContent);
    }

    @Override
    public List<String> nbdkits() {
        // What the filters do shows in the report, and NbdinfoIT has every one of them.
        Stream<String> common = NbdkitLines.COMMON.stream()
                .filter(line ->
                        !line.startsWith("--filter=") || line.contains("blocksize") || line.contains("exportname"));
        return Stream.concat(common, NbdkitLines.NEW.stream()).toList();
    }

    @Override
    public List<String> colouredReports() {
        return Questions.COLOURED_REPORTS;
    }

    @Override
    public List<String> spellings() {
        return Stream.of(Questions.SPELLINGS, Questions.NEW_SPELLINGS)
                .flatMap(List::stream)
                .toList();
    }

    /** Without the fixed handshake nothing can be asked before the export is entered, which nbdinfo 1.22 does not do. */
    @Test
    void asksServersWithoutTheFixedHandshakeWhichNbdinfoCannot() throws IOException, InterruptedException {
        ServerCommand command = ServerCommand.nbdkit("--mask-handshake=0", "memory", "1M");
        try (RunningServer server = SERVERS.provider().start(command, Listen.UNIX)) {
            List<String> arguments = List.of("--size", server.uri().toString());
            assertThat(CommandInProcess.run("nbdinfo", arguments).out()).isEqualTo("1048576\n");
            assertThat(comparison().theirs("nbdinfo", arguments).exitCode()).isEqualTo(1);
        }
    }

    /** For nbdinfo 1.22 it is enough to reach the server; 1.14 and we enter the export. */
    @Test
    void cannotConnectToAnExportThatIsNotThere() throws IOException, InterruptedException {
        ServerCommand command =
                ServerCommand.nbdkit("file", "dir=" + files.file("exports")).withExport("missing");
        try (RunningServer server = SERVERS.provider().start(command, Listen.UNIX)) {
            List<String> arguments = List.of("--can", "connect", server.uri().toString());
            assertThat(CommandInProcess.run("nbdinfo", arguments).exitCode()).isEqualTo(1);
            assertThat(comparison().theirs("nbdinfo", arguments).exitCode()).isZero();
        }
    }

    @Test
    void knowsWhatQemuCanDoWithBlockStatus() throws IOException, InterruptedException {
        comparison()
                .nbdinfo(
                        ServerCommand.qemuNbd(
                                "-t", "-r", "-f", "raw", files.file("disk").toString()),
                        List.of(
                                "--can block-status-payload",
                                "--has extended-headers",
                                "--cannot block-status-payload"));
    }
}
