// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import nbd4j.copy.CopyOptions;
import nbd4j.copy.CopyReport;
import nbd4j.copy.ParallelCopier;
import nbd4j.copy.endpoint.EndpointOptions;
import nbd4j.copy.endpoint.Endpoints;
import nbd4j.copy.endpoint.Location;
import nbd4j.copy.endpoint.Source;
import nbd4j.copy.endpoint.Target;

/** Copies made through the library. */
final class Copies {
    private Copies() {}

    static CopyReport copy(Location from, Location to, CopyOptions options, EndpointOptions ends) throws IOException {
        try (Source source = Endpoints.source(from, ends);
                Target target = Endpoints.target(to, ends)) {
            return new ParallelCopier(source, target, options).run();
        }
    }

    static CopyReport copy(Location from, Location to) throws IOException {
        return copy(from, to, CopyOptions.defaults(), EndpointOptions.defaults());
    }

    static Location at(RunningServer server) {
        return at(server.uri());
    }

    static Location at(URI uri) {
        return Location.parse(uri.toString());
    }

    static Location at(Path file) {
        return new Location.File(file);
    }
}
