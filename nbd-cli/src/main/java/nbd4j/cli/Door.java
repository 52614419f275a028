// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import nbd4j.client.ConnectOptions;
import nbd4j.client.NbdClient;
import nbd4j.client.NbdConnection;
import nbd4j.client.NbdNegotiation;
import nbd4j.client.NbdServerProcess;
import nbd4j.copy.endpoint.Location;
import nbd4j.uri.NbdUri;
import org.jspecify.annotations.Nullable;

/**
 * The way to an export that {@code nbd info} and {@code nbd dump} look at. A server that has to be started is started
 * when the door opens, and ends when it is closed.
 */
final class Door implements AutoCloseable {
    private final NbdUri uri;
    private final ConnectOptions options;
    private final @Nullable NbdServerProcess child;

    private Door(NbdUri uri, ConnectOptions options, @Nullable NbdServerProcess child) {
        this.uri = uri;
        this.options = options;
        this.child = child;
    }

    /** Opens the way to an operand. */
    static Door open(Operand operand, ConnectOptions options) throws UsageException, IOException {
        return switch (operand) {
            case Operand.Uri(var uri) -> new Door(uri, options, null);
            case Operand.Server server -> {
                NbdServerProcess child = server.start();
                yield new Door(child.uri(), options, child);
            }
            case Operand.File(String path) ->
                throw new UsageException(
                        "'%s' is no NBD URI; a file is looked at through a server: [ qemu-nbd -r -f FORMAT %s ]"
                                .formatted(OneLine.of(path), OneLine.of(path)));
            case Operand.Stream stream -> throw new UsageException("'-' is no NBD URI");
            case Operand.Nothing nothing -> throw new UsageException("'null:' is no NBD URI");
        };
    }

    /** Opens the way to the only operand of a command. */
    static Door only(Arguments arguments) throws UsageException, IOException {
        List<Operand> operands = operands(arguments);
        if (operands.size() > 1) {
            throw new UsageException("one export is enough, but got %d".formatted(operands.size()));
        }
        return open(operands.get(0), ConnectSettings.of(arguments));
    }

    /** Returns the operands of a command, at least one. */
    static List<Operand> operands(Arguments arguments) throws UsageException {
        List<Operand> operands = Operand.parse(arguments.operands());
        if (operands.isEmpty()) {
            throw new UsageException("say which export: NBD-URI or [ CMD ARGS ... ]");
        }
        return operands;
    }

    /** Returns what to call the export in a report. */
    String title() {
        return uri(exportName()).orElse("a server started for this question");
    }

    /** Returns where a copy finds the export. */
    Location location() {
        return new Location.Uri(uri.toString());
    }

    /** Returns where an export of this server is; nothing for a server that was started for the question. */
    Optional<String> uri(String exportName) {
        return child == null ? Optional.of(uri.withExportName(exportName).toString()) : Optional.empty();
    }

    /** Returns the export that was asked for. */
    String exportName() {
        return uri.exportName();
    }

    /** Connects, and leaves everything after the greeting and TLS to the caller. */
    NbdNegotiation negotiate() throws IOException {
        try {
            return NbdClient.negotiate(uri, options);
        } catch (IOException e) {
            throw explained(e);
        }
    }

    /** Connects to the export, with some metadata contexts if the server has them. */
    NbdConnection connect(List<String> contexts) throws IOException {
        try {
            return NbdClient.connect(uri, options.withMetaContexts(contexts));
        } catch (IOException e) {
            throw explained(e);
        }
    }

    private IOException explained(IOException failure) {
        return child == null ? failure : child.explained(failure);
    }

    @Override
    public void close() {
        if (child != null) {
            child.close();
        }
    }
}
