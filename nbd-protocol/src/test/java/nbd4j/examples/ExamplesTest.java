// SPDX-License-Identifier: Apache-2.0
package nbd4j.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import nbd4j.server.Command;
import nbd4j.server.ExportOptions;
import nbd4j.server.LoggedRequest;
import nbd4j.server.MemoryStorage;
import nbd4j.server.NbdServer;
import nbd4j.server.ServerOptions;
import nbd4j.server.TlsPolicy;
import nbd4j.transport.TestPki;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the Javadoc do what it says. */
@Timeout(60)
final class ExamplesTest {
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    private final MemoryStorage disk = MemoryStorage.of(8L * MIB);
    private NbdServer server;

    @BeforeEach
    void serve() throws IOException {
        disk.write(MIB, ByteBuffer.wrap("some data".getBytes(US_ASCII)));
        server = NbdServer.start(options());
    }

    @AfterEach
    void end() {
        server.close();
    }

    private ServerOptions options() {
        return ServerOptions.defaults()
                .withTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withRequestLog(100)
                .withExport(ExportOptions.of("disk", disk).withDescription("the system disk"))
                .withExport(ExportOptions.of("empty", MemoryStorage.of(0)));
    }

    private String uri() {
        return server.uri("disk").toString();
    }

    @Test
    void listsExports() throws IOException {
        assertThat(ListExports.list(server.uri("").toString()))
                .containsExactly("disk: 8388608 bytes, the system disk", "empty: 0 bytes, ");
    }

    @Test
    void readsARange() throws IOException {
        assertThat(ReadRange.read(uri(), MIB + 5, 4)).isEqualTo(ByteBuffer.wrap(new byte[] {'d', 'a', 't', 'a'}));
    }

    @Test
    void mapsTheExtents() throws IOException {
        assertThat(MapExtents.allocatedBytes(uri())).isBetween(9L, (long) MIB);
    }

    @Test
    void writesDurably() throws IOException {
        WriteDurably.write(uri(), 77, ByteBuffer.wrap(new byte[] {1, 2, 3}));

        assertThat(ReadRange.read(uri(), 77, 3)).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(server.requestLog().requests(Command.WRITE))
                .singleElement()
                .matches((LoggedRequest write) -> write.has(Command.FUA));
    }

    @Test
    void sharesAConnection() throws Exception {
        assertThat(ManyReaders.read(uri(), List.of(MIB + 5L, MIB + 7L, 0L), 2))
                .containsExactly(
                        ByteBuffer.wrap(new byte[] {'d', 'a'}),
                        ByteBuffer.wrap(new byte[] {'t', 'a'}),
                        ByteBuffer.wrap(new byte[2]));
    }

    @Test
    void usesTls() throws Exception {
        var pki = TestPki.get();
        pki.authorityInto(folder, "good");
        pki.clientInto(folder);
        var policy = TlsPolicy.required(pki.server("good", "server")).withClientCertificates();
        try (var secure = NbdServer.start(options().withTls(policy))) {
            String uri = "nbds://localhost:" + secure.port() + "/disk";

            assertThat(UseTls.read(uri, folder, MIB, 4)).isEqualTo(ByteBuffer.wrap(new byte[] {'s', 'o', 'm', 'e'}));
        }
    }
}
