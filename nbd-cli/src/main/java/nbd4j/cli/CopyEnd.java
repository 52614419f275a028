// SPDX-License-Identifier: Apache-2.0
package nbd4j.cli;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import nbd4j.client.NbdServerProcess;
import nbd4j.copy.endpoint.EndpointException;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;
import org.jspecify.annotations.Nullable;

/**
 * One end of a copy, before it is opened. A server that has to be started runs from here until the close.
 *
 * @param location where the end is
 * @param child the server that was started for it
 */
record CopyEnd(Location location, @Nullable NbdServerProcess child) implements AutoCloseable {
    static CopyEnd open(Operand operand) throws UsageException, IOException {
        if (operand instanceof Operand.Server server) {
            NbdServerProcess child = server.start();
            return new CopyEnd(new Location.Uri(child.uri().toString()), child);
        }
        return new CopyEnd(location(operand), null);
    }

    // No switch over types: see docs/decisions/launcher.md, "What a start must not touch".
    private static Location location(Operand operand) throws UsageException {
        if (operand instanceof Operand.Uri(var uri)) {
            return new Location.Uri(uri.toString());
        }
        if (operand instanceof Operand.File(String path)) {
            try {
                return new Location.File(Path.of(path));
            } catch (InvalidPathException e) {
                throw new UsageException("'%s' is no file name".formatted(OneLine.of(path)), e);
            }
        }
        return operand instanceof Operand.Nothing ? new Location.Null() : new Location.Standard();
    }

    /** Opens the end to read from. */
    Source source(Console console, EndpointOptions options) throws IOException {
        if (location instanceof Location.Standard) {
            return Endpoints.source(
                    "standard input",
                    console.in() instanceof FileInputStream file
                            ? file.getChannel()
                            : Channels.newChannel(console.in()));
        }
        try {
            return Endpoints.source(location, options);
        } catch (EndpointException e) {
            throw explained(e);
        }
    }

    /** Opens the end to write to. */
    Target target(Console console, EndpointOptions options) throws IOException {
        if (location instanceof Location.Standard) {
            return Endpoints.target(
                    "standard output",
                    console.out() instanceof FileOutputStream file
                            ? file.getChannel()
                            : Channels.newChannel(console.out()));
        }
        try {
            return Endpoints.target(location, options);
        } catch (EndpointException e) {
            throw explained(e);
        }
    }

    /** A server that could not be connected may have said why before it ended. */
    @SuppressWarnings("ReferenceEquality") // the same exception comes back where there is nothing to add
    private IOException explained(EndpointException failure) {
        IOException reason = child == null ? failure : child.explained(failure);
        return reason == failure
                ? failure
                : new EndpointException(failure.side(), String.valueOf(reason.getMessage()), reason);
    }

    @Override
    public void close() {
        if (child != null) {
            child.close();
        }
    }
}
