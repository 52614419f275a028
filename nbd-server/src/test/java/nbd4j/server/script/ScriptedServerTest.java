// SPDX-License-Identifier: Apache-2.0
package nbd4j.server.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptedServerTest {
    private static final String READ = "25609513 0000 0000 00000000000000a0 0000000000001000 00000004";
    private static final String GO = "49484156454f5054 00000007 00000006 00000000 0000";

    private static Socket connect(ScriptedServer server) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void send(Socket socket, String hex) throws IOException {
        socket.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static String receive(Socket socket, int count) throws IOException {
        var bytes = new byte[count];
        new DataInputStream(socket.getInputStream()).readFully(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void negotiate(Socket socket) throws IOException {
        receive(socket, 18);
        send(socket, "00000003" + GO);
        receive(socket, 32 + 20);
    }

    @Test
    void sendsWhatTheScriptSaysWithTheCookieOfTheRequest() throws Exception {
        try (var server = ScriptedServer.start(client -> {
            client.negotiate(Dialect.SIMPLE);
            client.readRequest();
            client.send("67446698 00000000 CK^1 5566*2 | 67446698 00000005 CK1");
            client.expect(READ);
            client.close();
        })) {
            try (var socket = connect(server)) {
                negotiate(socket);
                send(socket, READ);
                assertThat(receive(socket, 36))
                        .isEqualTo("674466980000000000000000000000a15566556667446698" + "0000000500000000000000a0");
                send(socket, READ);
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            var transcript = server.await(1);
            assertThat(transcript.ending()).isEqualTo(Transcript.Ending.OPEN);
            assertThat(transcript.received()).isEqualTo(("00000003" + GO + READ + READ).replace(" ", ""));
        }
    }

    @Test
    void answersWellInEveryDialect() throws Exception {
        Script script = client -> {
            client.negotiateUntil(Dialect.STRUCTURED, 7);
            client.send(Dialect.GO_GRANTED);
            client.serveWell();
        };
        try (var server = ScriptedServer.start(script)) {
            try (var socket = connect(server)) {
                receive(socket, 18);
                send(socket, "00000003 49484156454f5054 0000000b 00000000");
                assertThat(receive(socket, 20)).endsWith("8000000100000000");
                send(socket, "49484156454f5054 00000008 00000000");
                assertThat(receive(socket, 20)).endsWith("0000000100000000");
                send(socket, GO);
                receive(socket, 32 + 20);
                send(socket, READ);
                assertThat(receive(socket, 32))
                        .isEqualTo("668e33ef" + "0001" + "0001" + "00000000000000a0" + "0000000c" + "0000000000001000"
                                + "55555555");
            }
            assertThat(server.await(1).ending()).isEqualTo(Transcript.Ending.CLOSED);
        }
    }

    @Test
    void tellsHowTheClientLeft() throws Exception {
        try (var server = ScriptedServer.start(client -> client.send(ScriptedConnection.GREETING))) {
            try (var socket = connect(server)) {
                receive(socket, 18);
                send(socket, "00000003");
                socket.shutdownOutput();
                assertThat(server.await(1)).isEqualTo(new Transcript("00000003", 4, Transcript.Ending.CLOSED, null));
            }
            try (var socket = connect(server)) {
                receive(socket, 18);
                socket.setSoLinger(true, 0);
            }
            assertThat(server.await(2).ending()).isEqualTo(Transcript.Ending.RESET);
        }
    }

    @Test
    void givesEachClientTheNextScriptAndTheRestTheLast() throws Exception {
        try (var server = ScriptedServer.start(client -> client.send("01"), client -> client.send("02"))) {
            for (var expected : new String[] {"01", "02", "02"}) {
                try (var socket = connect(server)) {
                    assertThat(receive(socket, 1)).isEqualTo(expected);
                }
            }
            assertThat(server.acceptedCount()).isEqualTo(3);
        }
    }

    @Test
    void reportsAScriptThatDidNotGetWhatItExpected() throws Exception {
        try (var server = ScriptedServer.start(client -> client.expect("00000001"))) {
            try (var socket = connect(server)) {
                send(socket, "00000003");
                assertThatThrownBy(() -> server.await(1))
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("the client sent 00000003, expected 00000001");
            }
        }
    }

    @Test
    void endsEveryWaitAtTheLimit() throws Exception {
        try (var server = ScriptedServer.start(Duration.ofMillis(50), client -> client.expect(1))) {
            try (var socket = connect(server)) {
                assertThatThrownBy(() -> server.await(1)).hasMessageContaining("the client was silent for PT0.05S");
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void sendsInSegmentsAndClosesItsHalf() throws Exception {
        try (var server = ScriptedServer.start(client -> {
            client.sendInSegments(1, Duration.ofMillis(1), "01 02 03");
            client.finish();
            client.expect("ff");
        })) {
            try (var socket = connect(server)) {
                assertThat(receive(socket, 3)).isEqualTo("010203");
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
                send(socket, "ff");
            }
            assertThat(server.await(1).ending()).isEqualTo(Transcript.Ending.CLOSED);
        }
    }

    @Test
    void resetsTcpConnections() throws Exception {
        try (var server = ScriptedServer.start(ScriptedConnection::reset);
                var socket = connect(server)) {
            assertThatThrownBy(() -> {
                        socket.getInputStream().read();
                        socket.getOutputStream().write(1);
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void worksOverUnixSockets(@TempDir Path folder) throws Exception {
        var path = folder.resolve("s");
        try (var server = ScriptedServer.startUnix(path, client -> client.send("0102"))) {
            try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(path));
                var buffer = ByteBuffer.allocate(2);
                assertThat(channel.read(buffer)).isEqualTo(2);
            }
            assertThat(server.await(1).ending()).isEqualTo(Transcript.Ending.CLOSED);
        }
        assertThat(path).doesNotExist();
    }
}
