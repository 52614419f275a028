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

    /** qemu-nbd exports one bitmap, this one several. */
    @Test
    void answersAsNbdinfoOnAChainWithTwoBitmaps() throws IOException, InterruptedException {
        ServerCommand command = ServerCommand.qemuStorageDaemon(files.words(
                        "--blockdev driver=file,node-name=file,read-only=on,filename=@/two.qcow2"
                                + " --blockdev driver=qcow2,node-name=disk,read-only=on,file=file"
                                + " --export type=nbd,id=e,node-name=disk,name=disk,bitmaps.0=b0,bitmaps.1=b1,allocation-depth=on")
                .toArray(String[]::new));
        try (RunningServer server = SERVERS.provider().start(command.withExport("disk"), Listen.UNIX)) {
            String uri = server.uri().toString();
            comparison().ask("nbdinfo", Questions.qemu(), server, uri);
            String all = "--map=base:allocation,qemu:dirty-bitmap:b0,qemu:dirty-bitmap:b1";
            assertThat(CommandInProcess.run("nbdinfo", List.of(all, uri)).out()).isEqualTo("""
                             0       65536    0  data         0  clean        0  clean
                         65536      131072    3  hole,zero    0  clean        0  clean
                        196608       65536    0  data         0  clean        0  clean
                        262144      786432    3  hole,zero    0  clean        0  clean
                       1048576       65536    0  data         1  dirty        0  clean
                       1114112        4096    0  data         1  dirty        1  dirty
                       1118208       61440    0  data         1  dirty        0  clean
                       1179648     1966080    3  hole,zero    0  clean        0  clean
                       3145728       65536    0  data         1  dirty        1  dirty
                       3211264      983040    3  hole,zero    0  clean        0  clean
                    """);
        }
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
