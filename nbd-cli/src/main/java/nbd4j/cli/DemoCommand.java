// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import nbd4j.copy.CopyOptions;
import nbd4j.copy.CopyReport;
import nbd4j.copy.ParallelCopier;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import nbd4j.server.ExportOptions;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.Storage;

/** {@code nbd demo}: a copy from a server in this process, to see what nbd4j does with nothing installed. */
final class DemoCommand implements Command {
    private static final long DISK = 1L << 30;
    private static final int EXTENTS = 24;
    private static final int EXTENT = 1 << 20;
    private static final int PIECE = 4 << 20;

    @Override
    public Syntax syntax() {
        return new Syntax(
                "demo",
                "Starts a server with a sample disk in this process, copies it to a file and checks the copy.",
                List.of("{}"),
                List.of(new Syntax.Example("{}", "Takes a second or two, and leaves nothing behind.")),
                List.of(ConnectSettings.VERBOSE));
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException, IOException {
        if (!arguments.operands().isEmpty()) {
            throw new UsageException("demo takes no arguments, but '%s' was given"
                    .formatted(OneLine.of(arguments.operands().get(0))));
        }
        Path folder = Files.createTempDirectory("nbd-demo-");
        Path copy = folder.resolve("disk.img");
        try (MemoryStorage disk = sample();
                NbdServer server = NbdServer.start(ServerOptions.defaults()
                        .withExport(ExportOptions.of("disk", disk).withDescription("sample disk")))) {
            String uri = server.uri("disk").toString();
            console.print("Serving a sample disk of %s at %s\n".formatted(HumanSize.rounded(DISK), uri));
            console.print("  nbd copy -p %s %s\n".formatted(uri, copy));
            CopyReport report = copy(console, uri, copy);
            requireEqual(disk, copy);
            console.print(summary(report, server.acceptedCount()));
        } finally {
            Files.deleteIfExists(copy);
            Files.deleteIfExists(folder);
        }
        return ExitCode.DONE;
    }

    private static MemoryStorage sample() throws IOException {
        MemoryStorage disk = MemoryStorage.of(DISK);
        var random = new Random(1);
        byte[] data = new byte[EXTENT];
        for (int i = 0; i < EXTENTS; i++) {
            random.nextBytes(data);
            disk.write(i * (DISK / EXTENTS) / EXTENT * EXTENT, ByteBuffer.wrap(data));
        }
        return disk;
    }

    private static CopyReport copy(Console console, String uri, Path file) throws IOException {
        try (Source source = Endpoints.source(Location.parse(uri), EndpointOptions.defaults());
                Target target = Endpoints.target(new Location.File(file), EndpointOptions.defaults())) {
            var copier = new ParallelCopier(source, target, CopyOptions.defaults());
            var bar = new CopyProgressBar(console);
            CopyReport report = copier.run(bar);
            bar.end(report.progress(), true);
            return report;
        }
    }

    private static void requireEqual(Storage disk, Path file) throws IOException {
        try (FileChannel copied = FileChannel.open(file)) {
            if (copied.size() != DISK) {
                throw different(Math.min(copied.size(), DISK));
            }
            var expected = ByteBuffer.allocate(PIECE);
            var found = ByteBuffer.allocate(PIECE);
            for (long offset = 0; offset < DISK; offset += PIECE) {
                disk.read(offset, expected.clear());
                found.clear();
                while (found.hasRemaining() && copied.read(found, offset + found.position()) >= 0) {
                    // Reads on until the piece is full.
                }
                int difference = expected.flip().mismatch(found.flip());
                if (difference >= 0) {
                    throw different(offset + difference);
                }
            }
        }
    }

    private static FailureException different(long offset) {
        return new FailureException(
                ExitCode.DIFFERENT,
                "the copy differs from the sample disk at offset %d; please report it".formatted(offset));
    }

    private static String summary(CopyReport report, int connections) {
        var done = report.progress();
        return """
                Copied and compared: identical.
                  %s in %s over %d connections
                  %s read and written, %s are holes and were not sent
                Next, with a disk of yours:
                  nbd serve disk.img                 prints a URI
                  nbd copy -p nbd://HOST/EXPORT FILE
                """.formatted(
                        HumanSize.rounded(report.size()),
                        HumanDuration.of(done.elapsed()),
                        connections,
                        HumanSize.rounded(done.written()),
                        HumanSize.rounded(done.zeroed() + done.skipped()));
    }
}
