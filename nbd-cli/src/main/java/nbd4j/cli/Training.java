// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import nbd4j.server.Capability;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;

/**
 * Runs the commands that users run most, so that the launcher can make an archive of the classes they load. See
 * docs/decisions/launcher.md.
 */
public final class Training {
    private static final int DISK = 16 << 20;
    private static final int DATA = 1 << 20;

    private Training() {}

    /**
     * Runs the commands against servers in this process. Prints nothing.
     *
     * @throws IOException if a server or a folder cannot be made
     * @throws IllegalStateException if a command fails
     */
    public static void main(String[] args) throws IOException {
        Lookups.answer();
        HeadStart.begin(HeadStart::unixSockets);
        Path folder = Files.createTempDirectory("nbd-training-");
        try (MemoryStorage disk = disk();
                MemoryStorage blank = MemoryStorage.of(DISK);
                NbdServer unix = NbdServer.start(
                        ServerOptions.defaults().withExport(disk).withUnix(folder.resolve("s")));
                NbdServer tcp = NbdServer.start(ServerOptions.defaults().withExport(blank));
                NbdServer plain = NbdServer.start(ServerOptions.defaults()
                        .withExport(disk)
                        .withUnix(folder.resolve("p"))
                        .without(Capability.EXTENDED_HEADERS))) {
            String source = unix.uri().toString();
            String target = tcp.uri().toString();
            String file = folder.resolve("disk.img").toString();
            for (List<String> command : List.of(
                    List.of("copy", plain.uri().toString(), "null:"),
                    List.of("copy", source, "null:"),
                    List.of("copy", source, target),
                    List.of("copy", target, file),
                    List.of("copy", file, source),
                    List.of("info", source),
                    List.of("info", "--json", target),
                    List.of("info", "--map", source),
                    List.of("info", "--list", source),
                    List.of("dump", "--length=512", source))) {
                run(command);
            }
        } finally {
            try (Stream<Path> left = Files.list(folder)) {
                for (Path each : left.toList()) {
                    Files.delete(each);
                }
            }
            Files.delete(folder);
        }
        System.exit(ExitCode.DONE);
    }

    private static MemoryStorage disk() throws IOException {
        MemoryStorage disk = MemoryStorage.of(DISK);
        var data = new byte[DATA];
        Arrays.fill(data, (byte) 1);
        for (int offset = 0; offset < DISK; offset += 4 * DATA) {
            disk.write(offset, ByteBuffer.wrap(data));
        }
        return disk;
    }

    private static void run(List<String> words) {
        int code = Main.run(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                OutputStream.nullOutputStream(),
                Environment.of(new Properties(), Map.of()),
                words.toArray(String[]::new));
        if (code != ExitCode.DONE) {
            throw new IllegalStateException(words + " ended with " + code);
        }
    }
}
