// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.context;
import static nbd4j.handshake.Script.info;
import static nbd4j.handshake.Script.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import nbd4j.handshake.Script;
import nbd4j.model.Export;
import nbd4j.model.MetaContext;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdProtocolException;
import nbd4j.model.NbdTimeoutException;
import nbd4j.model.NbdTlsException;
import nbd4j.model.ReplyStyle;
import nbd4j.server.script.Dialect;
import nbd4j.server.script.ScriptedServer;
import nbd4j.server.script.Transcript;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole client, over real sockets, against a server that says what its script says. */
@Timeout(60)
final class NbdClientTest {
    @ParameterizedTest
    @EnumSource(Dialect.class)
    void connectsAndReads(Dialect dialect) throws Exception {
        try (var server = ScriptedServer.start(client -> {
                    client.negotiate(dialect);
                    client.serveWell();
                });
                NbdConnection connection = NbdClient.connect(server.uri().toString())) {
            var into = ByteBuffer.allocate(512);
            connection.read(4096, into);

            assertThat(connection.export().replyStyle())
                    .isEqualTo(
                            switch (dialect) {
                                case SIMPLE -> ReplyStyle.SIMPLE;
                                case STRUCTURED -> ReplyStyle.STRUCTURED;
                                case EXTENDED -> ReplyStyle.EXTENDED;
                            });
            assertThat(into.flip().get(0)).isEqualTo((byte) 0x55);
            connection.close();
            assertThat(server.await(1).ending()).isEqualTo(Transcript.Ending.CLOSED);
        }
    }

    @Test
    void connectsOverAUnixSocket(@TempDir Path directory) throws Exception {
        try (var server = ScriptedServer.startUnix(directory.resolve("s"), client -> {
                    client.negotiate(Dialect.STRUCTURED);
                    client.serveWell();
                });
                NbdConnection connection = NbdClient.connect(server.uri().toString())) {
            assertThat(connection.export().size()).isEqualTo(0x100000);
        }
    }

    @Test
    void gen08_opt30_abortsANegotiationThatIsClosed() throws Exception {
        try (var server = ScriptedServer.start(client -> {
            client.greet();
            client.readOption();
            client.send(ack(2));
        })) {
            NbdClient.negotiate(server.uri().toString(), ConnectOptions.defaults())
                    .close();

            Transcript transcript = server.await(1);
            assertThat(transcript.received()).isEqualTo(Script.CLIENT_FLAGS + Script.ABORT);
            assertThat(transcript.ending()).isEqualTo(Transcript.Ending.CLOSED);
        }
    }

    @Test
    void gen12_nothingLearnedHoldsForTheNextConnection() throws Exception {
        try (var server = ScriptedServer.start(
                client -> {
                    client.greet();
                    client.readOption();
                    client.send(ack(11));
                    client.readOption();
                    client.send(context(10, 7, "base:allocation") + ack(10));
                    client.readOption();
                    client.send(info("0000 0000000000100000 0ded") + info("0003 00001000 00001000 00100000") + ack(7));
                },
                client -> {
                    client.greet();
                    client.readOption();
                    client.send(refusal(11, Script.UNSUP));
                    client.readOption();
                    client.send(ack(8));
                    client.readOption();
                    client.send(context(10, 9, "base:allocation") + ack(10));
                    client.readOption();
                    client.send(info("0000 0000000000200000 0003") + ack(7));
                })) {
            String uri = server.uri().toString();
            try (NbdConnection first = NbdClient.connect(uri)) {
                assertThat(first.export().contexts()).containsExactly(new MetaContext(7, "base:allocation"));
                first.abort();
            }
            try (NbdConnection second = NbdClient.connect(uri)) {
                Export export = second.export();
                assertThat(export.size()).isEqualTo(0x200000);
                assertThat(export.flags().bits()).isEqualTo(3);
                assertThat(export.contexts()).containsExactly(new MetaContext(9, "base:allocation"));
                assertThat(export.info().blockSizes()).isEmpty();
                assertThat(export.replyStyle()).isEqualTo(ReplyStyle.STRUCTURED);
                second.abort();
            }
        }
    }

    @Test
    void gen06_takesAHandshakeByteByByte() throws Exception {
        try (var server = ScriptedServer.start(client -> {
                    client.sendInSegments(1, Duration.ZERO, Script.GREETING);
                    client.expect(4 + 16);
                    client.sendInSegments(1, Duration.ofMillis(1), refusal(11, Script.UNSUP));
                    client.readOption();
                    client.sendInSegments(1, Duration.ofMillis(1), refusal(8, Script.UNSUP));
                    client.readOption();
                    client.sendInSegments(1, Duration.ofMillis(1), Script.going());
                    client.serveWell();
                });
                NbdConnection connection = NbdClient.connect(server.uri().toString())) {
            assertThat(connection.export().size()).isEqualTo(0x100000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"4e42444d41474958 49484156454f5054 0003", "4e42444d41474943 ffffffffffffffff 0003"})
    void m01_saysNothingToWhatIsNoNbdServer(String greeting) throws Exception {
        try (var server = ScriptedServer.start(client -> client.send(greeting))) {
            assertThatThrownBy(() -> NbdClient.connect(server.uri().toString()))
                    .isInstanceOf(NbdProtocolException.class)
                    .hasMessageContaining("127.0.0.1:" + server.port());
            assertThat(server.await(1).receivedCount()).isZero();
        }
    }

    @Test
    void gen09_m01e_givesUpOnASilentServer() throws Exception {
        try (var server = ScriptedServer.start(client -> client.stall())) {
            assertThatThrownBy(() -> NbdClient.connect(
                            server.uri().toString(),
                            ConnectOptions.defaults().withHandshakeTimeout(Duration.ofMillis(100))))
                    .isInstanceOf(NbdTimeoutException.class)
                    .hasMessageContaining("the greeting");
            assertThat(server.await(1).receivedCount()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0003e889045565a9 0000000b 00000001 00000000", "485454502f312e31"})
    void tls04_tls07_m21_injectedPlaintextNeverReachesTheNegotiation(String injected) throws Exception {
        try (var server = ScriptedServer.start(client -> {
            client.greet();
            client.readOption();
            client.send(ack(5) + injected);
            client.finish();
        })) {
            String uri = "nbds://localhost:" + server.port() + "/secret?tls-verify-peer=0";

            assertThatThrownBy(() -> NbdClient.connect(uri)).isInstanceOf(NbdTlsException.class);

            String afterStartTls = server.awaitEnd(1).received().substring(8 + Script.STARTTLS.length());
            assertThat(afterStartTls).as("TLS records, if anything").matches("(1[56]03.*)?");
            assertThat(server.awaitEnd(1).contains("736563726574"))
                    .as("export name in the clear")
                    .isFalse();
        }
    }

    @Test
    void tls06_m20_tellsNoNameInTheClear() throws Exception {
        try (var server = ScriptedServer.start(client -> {
            client.greet();
            client.readOption();
            client.send(refusal(5, Script.UNSUP));
        })) {
            String uri = "nbds://localhost:" + server.port() + "/secret";

            assertThatThrownBy(() -> NbdClient.connect(uri)).isInstanceOf(NbdTlsException.class);

            assertThat(server.await(1).received()).isEqualTo(Script.CLIENT_FLAGS + Script.STARTTLS + Script.ABORT);
        }
    }

    @Test
    void connectsOverAGivenChannel() throws Exception {
        try (var server = ScriptedServer.start(client -> {
            client.negotiate(Dialect.SIMPLE);
            client.serveWell();
        })) {
            var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            try (NbdConnection connection = NbdClient.connect(channel, "disk", ConnectOptions.defaults())) {
                assertThat(connection.export().name()).isEqualTo("disk");
            }
            assertThat(channel.isOpen()).isFalse();
        }
    }

    @Test
    void refusesNamesBeforeItConnects() {
        assertThatThrownBy(() -> NbdClient.connect(
                        "nbd+unix:///?socket=/nonexistent/s",
                        ConnectOptions.defaults().withMetaContexts(List.of("nocolon"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nocolon");
    }

    @Test
    void tellsWhyNobodyAnswers() throws Exception {
        int unused;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = socket.getLocalPort();
        }
        assertThatThrownBy(() -> NbdClient.connect("nbd://127.0.0.1:" + unused))
                .isInstanceOf(NbdDisconnectedException.class)
                .hasMessageContaining("127.0.0.1:" + unused);
        assertThatThrownBy(() -> NbdClient.connect("nbd+unix:///?socket=/nonexistent/s"))
                .isInstanceOf(NbdDisconnectedException.class)
                .hasMessageContaining("/nonexistent/s");
    }

    @Test
    void refusesAddressesThatJavaCannotReach() {
        assertThatThrownBy(() -> NbdClient.connect("nbd+vsock://2/disk"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vsock");
        assertThatThrownBy(() -> NbdClient.connect("nbd+unix:///?socket=%00name"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("abstract");
    }
}
