// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import nbd4j.server.Capability;
import nbd4j.server.ExportOptions;
import nbd4j.server.Fault;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.Storage;

/** {@code nbd serve}: the embedded server, until a signal comes. */
final class ServeCommand implements Command {
    /** How long requests at work may take to end after a signal. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    @Override
    public Syntax syntax() {
        return new Syntax(
                "serve",
                "Serves a file or memory over NBD, with faults on demand, until SIGINT or SIGTERM.",
                List.of("{} [OPTIONS] FILE | memory:SIZE | pattern:SIZE"),
                List.of(
                        new Syntax.Example(
                                "{} disk.img", "Serves a file on a free TCP port of this machine, and prints its URI."),
                        new Syntax.Example(
                                "{} --socket /tmp/s memory:1T", "Serves an empty disk of a TiB, which costs nothing."),
                        new Syntax.Example(
                                "{} --port 10809 --bind 0.0.0.0 --read-only --name disk disk.img",
                                "Serves a file to the network as export \"disk\"."),
                        new Syntax.Example(
                                "{} --fault read:EIO:every=3 --fault write:delay=200ms memory:1G",
                                "Fails each third read and delays each write, to test a client.")),
                List.of(
                        Option.value("PATH", "Listen on a Unix socket; nothing may be there yet.", "--socket"),
                        Option.value("N", "Listen on a TCP port; 0 takes a free one.", "--port"),
                        Option.value("ADDRESS", "Listen on this address instead of the loopback address.", "--bind"),
                        Option.value("NAME", "Name of the export; default: the empty name.", "--name"),
                        Option.value("TEXT", "Description of the export.", "--description"),
                        Option.flag("Refuse writes.", "-r", "--read-only"),
                        Option.value("CAPABILITY", without(), "--without"),
                        Option.value(
                                "MIN:PREFERRED:MAX",
                                "Advertise and enforce block sizes, such as 512:4K:32M.",
                                "--block-size"),
                        Option.value("DIR", TlsDirectory.HELP, "--tls-certificates"),
                        Option.flag("Refuse clients without a certificate of ca-cert.pem.", "--tls-verify-peer"),
                        Option.value("KIND:EFFECT[:CONDITION…]", FaultSpec.GRAMMAR, "--fault"),
                        Option.flag("Print more, and stack traces of failures.", "-v", "--verbose")));
    }

    private static String without() {
        var names = new ArrayList<String>();
        for (Capability each : Capability.values()) {
            names.add(word(each));
        }
        return "Do not offer something. One of: " + String.join(", ", names) + ".\nMay be given several times.";
    }

    private static String word(Capability capability) {
        return capability.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public int run(Console console, Arguments arguments) throws UsageException, IOException {
        if (arguments.operands().size() != 1) {
            throw new UsageException("say what to serve: FILE, memory:SIZE or pattern:SIZE");
        }
        if (String.valueOf(ProcessHandle.current().pid())
                .equals(console.environment().variables().get("LISTEN_PID"))) {
            throw new UsageException(
                    "this server cannot be handed its socket, as in [ nbd serve ]; start it by itself, with --socket");
        }
        var faults = new ArrayList<Fault>();
        for (String spec : arguments.values("--fault")) {
            faults.add(FaultSpec.parse(spec));
        }
        ServerOptions options = listening(arguments);
        try (Storage storage = StorageName.open(arguments.operands().get(0), arguments.has("--read-only"))) {
            options = options.withExport(export(arguments, storage));
            try (NbdServer server = NbdServer.start(options)) {
                faults.forEach(server.faults()::add);
                console.print(server.uri(arguments.value("--name").orElse("")) + "\n");
                awaitSignal(console, server);
            }
        }
        return ExitCode.DONE;
    }

    private static ServerOptions listening(Arguments arguments) throws UsageException, IOException {
        ServerOptions options = ServerOptions.defaults();
        if (arguments.value("--socket").isPresent()) {
            options = options.withUnix(Path.of(arguments.value("--socket").get()));
        }
        if (arguments.has("--port") || arguments.has("--bind")) {
            int port = arguments.number("--port", 0, 65_535, 0);
            options = options.withTcp(new InetSocketAddress(address(arguments), port));
        }
        for (String word : arguments.values("--without")) {
            options = options.without(capability(word));
        }
        if (arguments.has("--tls-certificates")) {
            Path directory = Path.of(arguments.value("--tls-certificates").orElseThrow());
            options = options.withTls(TlsDirectory.policy(directory, arguments.has("--tls-verify-peer")));
        }
        return options;
    }

    private static InetAddress address(Arguments arguments) throws UsageException {
        if (!arguments.has("--bind")) {
            return InetAddress.getLoopbackAddress();
        }
        String text = arguments.value("--bind").orElseThrow();
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new UsageException("--bind: '%s' is no address of this machine".formatted(OneLine.of(text)), e);
        }
    }

    private static ExportOptions export(Arguments arguments, Storage storage) throws UsageException {
        ExportOptions export = ExportOptions.of(arguments.value("--name").orElse(""), storage);
        if (arguments.value("--description").isPresent()) {
            export = export.withDescription(arguments.value("--description").get());
        }
        if (arguments.has("--read-only")) {
            export = export.withReadOnly();
        }
        if (arguments.value("--block-size").isPresent()) {
            export = withBlockSizes(export, arguments.value("--block-size").get());
        }
        return export;
    }

    private static ExportOptions withBlockSizes(ExportOptions export, String text) throws UsageException {
        String[] sizes = text.split(":", -1);
        if (sizes.length != 3) {
            throw new UsageException(
                    "--block-size: '%s' is not MIN:PREFERRED:MAX, such as 512:4K:32M".formatted(OneLine.of(text)));
        }
        try {
            return export.withBlockSizes(
                    Math.toIntExact(HumanSize.parse("--block-size", sizes[0])),
                    Math.toIntExact(HumanSize.parse("--block-size", sizes[1])),
                    Math.toIntExact(HumanSize.parse("--block-size", sizes[2])));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new UsageException("--block-size: " + e.getMessage(), e);
        }
    }

    private static Capability capability(String word) throws UsageException {
        var words = new ArrayList<String>();
        for (Capability each : Capability.values()) {
            if (word(each).equals(word)) {
                return each;
            }
            words.add(word(each));
        }
        String nearest = Nearest.to(word, words);
        throw new UsageException("--without: there is no capability '%s'%s"
                .formatted(OneLine.of(word), nearest.isEmpty() ? "" : "; did you mean " + nearest + "?"));
    }

    private static void awaitSignal(Console console, NbdServer server) {
        var signalled = new CountDownLatch(1);
        console.environment().signals().handle(number -> signalled.countDown());
        try {
            signalled.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(GRACE);
    }
}
