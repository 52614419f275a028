// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import nbd4j.it.ServerCommand.Listen;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code nbd info} has beyond nbdinfo, through the packaged command: maps of several contexts, parts and totals of
 * them, measurements, two exports and plans. One server is qemu-nbd with a chain of three qcow2 files, of which the last
 * has a bitmap: data at 0 from the first, at 192K from the second; at 1M data and at 2M zeroes since the bitmap began.
 */
@Needs.Qemu
@Needs.Nbdkit
@Needs.Launcher
@Timeout(120)
final class InfoRealServersIT {
    @RegisterExtension
    static final Servers SERVERS = Servers.from(LocalProcesses::ofThisMachine);

    private static final String TWO = "--map=base:allocation,qemu:dirty-bitmap:b0";

    @TempDir
    static Path folder;

    private static PackagedCommand command;
    private static RunningServer qemu;
    private static RunningServer nbdkit;

    @BeforeAll
    static void start() throws Exception {
        command = PackagedCommand.copyTo(folder.resolve("command"));
        var files = new GoldenFiles(SERVERS.provider().directory());
        qemu = SERVERS.provider()
                .start(
                        ServerCommand.qemuNbd(files.words("-t -e 16 -r -A -B b0 -f qcow2 @/top.qcow2")
                                .toArray(String[]::new)),
                        Listen.UNIX);
        nbdkit = SERVERS.provider().start(ServerCommand.nbdkit("memory", "4M"), Listen.UNIX);
    }

    @AfterAll
    static void stop() {
        qemu.close();
        nbdkit.close();
    }

    @Test
    void mapsTwoContextsInLockStep() throws Exception {
        assertThat(info(TWO, uri(qemu))).isEqualTo("""
                         0       65536    0  data         0  clean
                     65536      131072    3  hole,zero    0  clean
                    196608       65536    0  data         0  clean
                    262144      786432    3  hole,zero    0  clean
                   1048576      131072    0  data         1  dirty
                   1179648      917504    3  hole,zero    0  clean
                   2097152       65536    3  hole,zero    1  dirty
                   2162688     2031616    3  hole,zero    0  clean
                """);
    }

    @Test
    void mapsThreeContextsInTheOrderAskedFor() throws Exception {
        assertThat(info(
                        "--map=qemu:dirty-bitmap:b0,qemu:allocation-depth,base:allocation",
                        "--range=0+256K",
                        uri(qemu)))
                .isEqualTo("""
                                 0       65536    0  clean        3  backing depth 3    0  data
                             65536      131072    0  clean        0  absent       3  hole,zero
                            196608       65536    0  clean        2  backing depth 2    0  data
                        """);
    }

    @Test
    void mapsAPartOfTwoContextsInJson() throws Exception {
        assertThat(info(TWO, "--range=100+1M", "--json", uri(qemu))).isEqualTo("""
                [
                { "offset": 100, "length": 65436, "contexts": { "base:allocation": { "type": 0, "description": "data" }, "qemu:dirty-bitmap:b0": { "type": 0, "description": "clean" } }},
                { "offset": 65536, "length": 131072, "contexts": { "base:allocation": { "type": 3, "description": "hole,zero" }, "qemu:dirty-bitmap:b0": { "type": 0, "description": "clean" } }},
                { "offset": 196608, "length": 65536, "contexts": { "base:allocation": { "type": 0, "description": "data" }, "qemu:dirty-bitmap:b0": { "type": 0, "description": "clean" } }},
                { "offset": 262144, "length": 786432, "contexts": { "base:allocation": { "type": 3, "description": "hole,zero" }, "qemu:dirty-bitmap:b0": { "type": 0, "description": "clean" } }},
                { "offset": 1048576, "length": 100, "contexts": { "base:allocation": { "type": 0, "description": "data" }, "qemu:dirty-bitmap:b0": { "type": 1, "description": "dirty" } }}
                ]
                """);
    }

    @Test
    void addsUpWhatIsDataAndDirty() throws Exception {
        assertThat(info(TWO, "--totals", uri(qemu))).isEqualTo("""
                    131072   3.1%   0 data        0 clean
                    131072   3.1%   0 data        1 dirty
                   3866624  92.2%   3 hole,zero   0 clean
                     65536   1.6%   3 hole,zero   1 dirty
                """);
        assertThat(info(TWO, "--totals", "--range=1M+192K", "--json", uri(qemu)))
                .isEqualTo("""
                [
                { "size": 131072, "percent": 66.6667, "contexts": { "base:allocation": { "type": 0, "description": "data" }, "qemu:dirty-bitmap:b0": { "type": 1, "description": "dirty" } } },
                { "size": 65536, "percent": 33.3333, "contexts": { "base:allocation": { "type": 3, "description": "hole,zero" }, "qemu:dirty-bitmap:b0": { "type": 0, "description": "clean" } } }
                ]
                """);
    }

    @Test
    void saysWhichContextIsNotThere() throws Exception {
        Tools.Result result = run("--map=base:allocation,qemu:dirty-bitmap:b9", uri(qemu));

        assertThat(result)
                .isEqualTo(new Tools.Result(
                        1, "", "nbd info: --map: server does not support metadata context \"qemu:dirty-bitmap:b9\"\n"));
    }

    @Test
    void probesARealServer() throws Exception {
        assertThat(info("--probe", uri(qemu)).lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("export: " + uri(qemu)),
                        line -> assertThat(line).isEqualTo("size: 4194304 (4M)"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "block sizes: minimum 1, preferred 4096, maximum 33554432 (as the server says)"),
                        line -> assertThat(line)
                                .matches(
                                        "latency: median \\d+\\.\\d+ ms, minimum \\d+\\.\\d+ ms \\(20 reads of 512 bytes\\)"),
                        line -> assertThat(line)
                                .matches(
                                        "single stream: \\S+ [KMG]iB/s \\(.* in \\d+\\.\\d+ s, 1 in flight of 1048576 bytes\\)"),
                        line -> assertThat(line)
                                .matches(
                                        "parallel: \\S+ [KMG]iB/s \\(.* in \\d+\\.\\d+ s, \\d+ in flight of 1048576 bytes\\)"),
                        line -> assertThat(line).isEqualTo("a copy from here would choose"),
                        line -> assertThat(line).startsWith("\trequest size: 1048576 ("),
                        line -> assertThat(line).matches("\tdepth: \\d+ \\(.*\\)"),
                        line -> assertThat(line).matches("\tconnections: [1-4] \\(.*\\)"));
    }

    @Test
    void probesInJson() throws Exception {
        Path file = Files.writeString(folder.resolve("probe.json"), info("--probe", "--json", uri(nbdkit)));
        String query = ".uri == $uri and .\"export-size\" == 4194304 and .\"block-sizes\".advertised == false"
                + " and (.latency | .\"median-nanos\" >= .\"minimum-nanos\" and .\"minimum-nanos\" > 0 and .reads == 20)"
                + " and ([.\"single-stream\", .parallel] | all(.bytes > 0 and .nanos > 0 and .\"bytes-per-second\" > 0))"
                + " and .\"single-stream\".depth == 1 and .parallel.depth > 1"
                + " and (.copy | .connections.value >= 1 and (map(.reason | length > 0) | all))";

        assertThat(Tools.run("jq", "-e", "--arg", "uri", uri(nbdkit), query, file.toString())
                        .succeeded())
                .isEqualTo("true");
    }

    @Test
    void showsTwoExportsSideBySide() throws Exception {
        assertThat(info("--no-content", uri(qemu), uri(nbdkit)))
                .isEqualTo("A: %s\nB: %s\n\n".formatted(uri(qemu), uri(nbdkit)) + """
                                            A               B
                  protocol                  newstyle-fixed  newstyle-fixed
                  TLS                       false           false
                  packets                   structured      structured
                  export-name               ""              ""
                  description               -               -
                  export-size               4194304 (4M)    4194304 (4M)
                  content                   -               -
                * contexts                  base:allocation, qemu:allocation-depth, qemu:dirty-bitmap:b0  base:allocation
                  is_rotational             false           false
                * is_read_only              true            false
                  can_block_status_payload  false           false
                  can_cache                 true            true
                  can_df                    true            true
                * can_fast_zero             false           true
                  can_flush                 true            true
                  can_fua                   true            true
                  can_multi_conn            true            true
                * can_trim                  false           true
                * can_zero                  false           true
                * block_size_minimum        1               -
                * block_size_preferred      4096            -
                * block_size_maximum        33554432        -
                """);
    }

    @Test
    void plansACopy() throws Exception {
        String ends = "A: %s\nB: %s\n".formatted(uri(qemu), uri(nbdkit));

        assertThat(info("--plan", uri(qemu), uri(nbdkit))).startsWith(ends + """
                move: 262144 (256K), read from A and written to B, but for zeroes found in it
                zero: 3932160 (3840K), zeroed by B without being sent
                skip: 0, which B need not be told
                block sizes: requests are multiples of 1, zeroed ranges of 4096
                request size: 1048576 (""");
        assertThat(info("--plan", "--destination-is-zero", uri(qemu), uri(nbdkit)))
                .contains("""
                zero: 0, zeroed by B without being sent
                skip: 3932160 (3840K), which B need not be told
                """);
    }

    @Test
    void endsWithAnErrorWhereACopyCannotBe() throws Exception {
        Tools.Result result = run("--plan", uri(nbdkit), uri(qemu));

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.out())
                .isEqualTo("A: %1$s\nB: %2$s\nconflict: target: %2$s is read-only\n".formatted(uri(nbdkit), uri(qemu)));
    }

    private static String uri(RunningServer server) {
        return server.uri().toString();
    }

    private static String info(String... arguments) throws IOException, InterruptedException {
        Tools.Result result = run(arguments);
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
        return result.out();
    }

    private static Tools.Result run(String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(command.bin("nbd").toString(), "info"));
        line.addAll(List.of(arguments));
        return Tools.run(line);
    }
}
