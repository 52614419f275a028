// SPDX-License-Identifier: Apache-2.0
package nbd4j.copy.endpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import nbd4j.copy.testkit.MemorySource;
import nbd4j.copy.testkit.MemoryTarget;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** Runs the contracts for every kind of end. */
class EndpointContractsTest {
    private static final EndpointOptions DEFAULTS = EndpointOptions.defaults();

    @TempDir
    Path directory;

    private final MemoryStorage storage = MemoryStorage.of(SourceContract.SIZE);
    private @Nullable NbdServer server;

    @AfterEach
    void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    private Location export(byte[] content) throws IOException {
        storage.write(0, ByteBuffer.wrap(content));
        if (server == null) {
            server = NbdServer.start(ServerOptions.defaults().withExport(storage));
        }
        return Location.parse(server.uri().toString());
    }

    @Nested
    class FileAsSource implements SourceContract {
        @Override
        public Source open() throws IOException {
            Path path = Files.write(directory.resolve("disk"), SourceContract.content());
            return Endpoints.source(new Location.File(path), DEFAULTS);
        }
    }

    @Nested
    class ExportAsSource implements SourceContract {
        @Override
        public Source open() throws IOException {
            return Endpoints.source(export(SourceContract.content()), DEFAULTS);
        }
    }

    @Nested
    class MemoryAsSource implements SourceContract {
        @Override
        public Source open() {
            return new MemorySource(SourceContract.content());
        }
    }

    @Nested
    class FileAsTarget implements TargetContract {
        @Override
        public Target open() throws IOException {
            return Endpoints.target(new Location.File(directory.resolve("disk")), DEFAULTS);
        }

        @Override
        public byte[] arrived() throws IOException {
            return Files.readAllBytes(directory.resolve("disk"));
        }
    }

    @Nested
    class FileInPlaceAsTarget implements TargetContract {
        @Override
        public Target open() throws IOException {
            return Endpoints.target(new Location.File(directory.resolve("disk")), DEFAULTS.withInPlace(true));
        }

        @Override
        public byte[] arrived() throws IOException {
            return Files.readAllBytes(directory.resolve("disk"));
        }
    }

    @Nested
    class ExportAsTarget implements TargetContract {
        @Override
        public Target open() throws IOException {
            byte[] ones = new byte[SourceContract.SIZE];
            Arrays.fill(ones, (byte) 0xff);
            return Endpoints.target(export(ones), DEFAULTS);
        }

        @Override
        public byte[] arrived() {
            ByteBuffer all = ByteBuffer.allocate(SourceContract.SIZE);
            storage.read(0, all);
            return all.array();
        }
    }

    @Nested
    class MemoryAsTarget implements TargetContract {
        private MemoryTarget target = new MemoryTarget(TargetContract.SIZE);

        @Override
        public Target open() {
            target = new MemoryTarget(TargetContract.SIZE);
            return target;
        }

        @Override
        public byte[] arrived() {
            return target.content();
        }
    }
}
