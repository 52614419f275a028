// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import nbd4j.cli.bench.HtmlReport;
import nbd4j.cli.bench.JsonReport;
import nbd4j.cli.bench.Measurement;
import nbd4j.cli.bench.Run;
import nbd4j.cli.bench.TextReport;
import nbd4j.cli.bench.Workload;
import nbd4j.cli.bench.Workload.Access;
import nbd4j.client.ChannelThreads;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.model.Export;
import nbd4j.uri.NbdUri;

/** {@code nbd bench}: what fio is for files, for any NBD server. */
final class BenchCommand implements Command {
    /** More connections than any server allows. */
    private static final int MOST_CONNECTIONS = 256;

    @Override
    public Syntax syntax() {
        return new Syntax(
                "bench",
                "Measure requests a second, throughput and latency of an NBD server.",
                List.of("{} [OPTIONS] URI"),
                List.of(
                        new Syntax.Example(
                                "{} nbd://localhost/disk", "Random reads of 4 KiB, one at a time, for 10 s."),
                        new Syntax.Example(
                                "{} --rw=read --bs=256K --depth=16 --connections=4 URI", "How fast can it be read?"),
                        new Syntax.Example(
                                "{} --rw=randrw --read-percent=70 --write --verify --size=1G URI",
                                "Overwrites the first GiB, then checks what was written."),
                        new Syntax.Example(
                                "{} --sweep=depth=1,2,4,8,16 --sweep=connections=1,4 --html=report.html URI",
                                "Ten runs, and a page with charts.")),
                List.of(
                        Option.value("ACCESS", accessHelp(), "--rw"),
                        Option.value("SIZE", "Bytes of each request (default 4K).", "--bs"),
                        Option.value("N", "Requests in flight on each connection (default 1).", "--depth"),
                        Option.value("N", "Connections (default 1).", "-C", "--connections"),
                        Option.value("TIME", "How long to measure (default 10s).", "--duration"),
                        Option.value("TIME", "How long to work before measuring (default 1s).", "--warm-up"),
                        Option.value("SIZE", "Where the range begins (default 0).", "--offset"),
                        Option.value("SIZE", "Length of the range (default: the rest of the export).", "--size"),
                        Option.value(
                                "N",
                                "Requests a second over all connections (default: as many as it takes).\n"
                                        + "Latency then counts from the moment a request was due.",
                                "--rate"),
                        Option.value(
                                "N", "How many of 100 requests of randrw are reads (default 50).", "--read-percent"),
                        Option.value("N", "Seed of the offsets and of what is written (default 1).", "--seed"),
                        Option.flag("Allow the export to be overwritten. Nothing is written without it.", "--write"),
                        Option.flag("Read back what was written, at the end.", "--verify"),
                        Option.value(
                                "WHAT=N,N,...",
                                "Run once for each value of depth, connections or bs; may be given several times.",
                                "--sweep"),
                        Option.value(
                                "WHO",
                                "Who reads and writes the sockets: callers (default, fastest) or own (threads of\n"
                                        + "the connection, as programs have it that must survive an interrupt).",
                                "--threads"),
                        Option.flag("Print JSON.", "--json"),
                        Option.value("FILE", "Write a page with charts as well.", "--html"),
                        Option.flag("Say more.", "-v", "--verbose")));
    }

    private static String accessHelp() {
        return "One of read, write, randread, randwrite, randrw, zero, trim (default randread).";
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException, IOException {
        if (arguments.operands().size() != 1) {
            throw new UsageException(
                    "one URI is needed, got %d".formatted(arguments.operands().size()));
        }
        NbdUri uri = NbdUri.parse(arguments.operands().get(0));
        Access access = access(arguments);
        if (access.writes() && !arguments.has("--write")) {
            throw new UsageException("--rw=%s overwrites the export: say --write if that is wanted"
                    .formatted(access.name().toLowerCase(Locale.ROOT)));
        }
        if (arguments.has("--verify") && (!access.writes() || access == Access.TRIM)) {
            throw new UsageException(
                    "--verify needs an access that writes, and not trim, which leaves nothing to check");
        }
        List<Sweep> sweeps = Sweep.parse(arguments.values("--sweep"));
        ConnectOptions options = ConnectOptions.defaults()
                .withThreads(threads(arguments))
                .withMaximumRequests(ConnectOptions.MAXIMUM_REQUESTS)
                .withLocalFilesFromUri(true);
        List<NbdConnection> connections = new ArrayList<>();
        try {
            connections.add(NbdClient.connect(uri, options));
            Export export = connections.get(0).export();
            List<Workload> steps = Sweep.steps(workload(arguments, access, export), sweeps);
            steps.forEach(step -> check(step, export));
            List<Measurement> measurements = new ArrayList<>();
            for (Workload step : steps) {
                while (connections.size() < step.connections()) {
                    connections.add(NbdClient.connect(uri, options));
                }
                Measurement measurement = Run.of(step, connections.subList(0, step.connections()));
                measurements.add(measurement);
                if (!arguments.has("--json")) {
                    console.print(TextReport.of(measurement));
                }
            }
            if (arguments.has("--json")) {
                console.print(JsonReport.of(measurements));
            }
            if (arguments.value("--html").isPresent()) {
                Files.writeString(
                        Path.of(arguments.value("--html").get()),
                        HtmlReport.of(OneLine.of(uri.toString()), measurements));
            }
            return ExitCode.DONE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            connections.forEach(NbdConnection::close);
        }
    }

    private static Access access(Arguments arguments) throws UsageException {
        String name = arguments.value("--rw").orElse("randread");
        for (Access access : Access.values()) {
            if (access.name().toLowerCase(Locale.ROOT).equals(name)) {
                return access;
            }
        }
        throw new UsageException("--rw: '%s' is not one of %s"
                .formatted(OneLine.of(name), Arrays.toString(Access.values()).toLowerCase(Locale.ROOT)));
    }

    private static ChannelThreads threads(Arguments arguments) throws UsageException {
        String name = arguments.value("--threads").orElse("callers");
        return switch (name) {
            case "callers" -> ChannelThreads.CALLERS;
            case "own" -> ChannelThreads.OWN;
            default ->
                throw new UsageException("--threads: '%s' is neither callers nor own".formatted(OneLine.of(name)));
        };
    }

    private static Workload workload(Arguments arguments, Access access, Export export) throws UsageException {
        long blockSize =
                arguments.bytes("--bs", Math.max(4096, export.blockSizes().minimum()));
        if (blockSize < 1 || blockSize > 1 << 30) {
            throw new UsageException("--bs: %d is not from 1 to %d".formatted(blockSize, 1 << 30));
        }
        long offset = arguments.bytes("--offset", 0);
        if (offset > export.size()) {
            throw new UsageException(
                    "--offset: %d is behind the end of the export, %d".formatted(offset, export.size()));
        }
        long size = arguments.bytes("--size", export.size() - offset);
        if (size > export.size() - offset) {
            throw new UsageException(
                    "--size: %d bytes from %d on are more than the export's %d".formatted(size, offset, export.size()));
        }
        return new Workload(
                access,
                (int) blockSize,
                arguments.number("--depth", 1, ConnectOptions.MAXIMUM_REQUESTS, 1),
                arguments.number("--connections", 1, MOST_CONNECTIONS, 1),
                duration(arguments, "--duration", Duration.ofSeconds(10)),
                duration(arguments, "--warm-up", Duration.ofSeconds(1)),
                offset,
                size - size % blockSize,
                arguments.number("--rate", 0, Integer.MAX_VALUE, 0),
                arguments.number("--read-percent", 0, 100, 50),
                arguments.number("--seed", 0, Integer.MAX_VALUE, 1),
                arguments.has("--verify"));
    }

    private static Duration duration(Arguments arguments, String key, Duration otherwise) throws UsageException {
        return arguments.value(key).isPresent()
                ? HumanDuration.parse(key, arguments.value(key).get())
                : otherwise;
    }

    /** Refuses what the export cannot do, before anything is sent. */
    private static void check(Workload step, Export export) {
        if (step.size() < step.blockSize()) {
            throw new IllegalArgumentException(
                    "the range of %d bytes holds no request of %d".formatted(step.size(), step.blockSize()));
        }
        boolean payload = step.access() != Access.ZERO && step.access() != Access.TRIM;
        if (payload && step.blockSize() > export.blockSizes().usablePayload()) {
            throw new IllegalArgumentException("requests of %d bytes are larger than the %d that the server takes"
                    .formatted(step.blockSize(), export.blockSizes().usablePayload()));
        }
        int minimum = export.blockSizes().minimum();
        if (step.blockSize() % minimum != 0 || step.offset() % minimum != 0) {
            throw new IllegalArgumentException(
                    "requests of %d bytes from %d on are not multiples of the minimum block size %d"
                            .formatted(step.blockSize(), step.offset(), minimum));
        }
        if (step.connections() > 1 && step.access().writes() && !export.flags().canMultiConn()) {
            throw new IllegalArgumentException(
                    "%d connections cannot write: the server does not keep several connections consistent"
                            .formatted(step.connections()));
        }
    }
}
