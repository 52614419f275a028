// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.HexFormat;

/** A client that sends and expects bytes as a test writes them down: hex, spaces as one likes. */
final class RawClient implements AutoCloseable {
    private static final int LIMIT_MILLIS = 10_000;
    static final String GREETING = "4e42444d41474943 49484156454f5054 0003";
    static final String OPTION = "49484156454f5054";
    static final String REPLY = "0003e889045565a9";

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(LIMIT_MILLIS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    static RawClient of(Socket socket) throws IOException {
        return new RawClient(socket);
    }

    /** Connects and sends nothing. */
    static RawClient connect(NbdServer server) throws IOException {
        return new RawClient(new Socket(InetAddress.getLoopbackAddress(), server.port()));
    }

    /** Connects and exchanges the usual flags. */
    static RawClient greeted(NbdServer server) throws IOException {
        var client = connect(server);
        client.expect(GREETING);
        client.send("00000003");
        return client;
    }

    /** Enters transmission of the default export with simple replies. */
    static RawClient simple(NbdServer server) throws IOException {
        var client = greeted(server);
        client.go();
        return client;
    }

    /** Enters transmission of the default export with structured replies and base:allocation. */
    static RawClient structured(NbdServer server) throws IOException {
        return withContext(greeted(server), "00000008");
    }

    /** Enters transmission of the default export with extended headers and base:allocation. */
    static RawClient extended(NbdServer server) throws IOException {
        return withContext(greeted(server), "0000000b");
    }

    private static RawClient withContext(RawClient client, String option) throws IOException {
        client.send(OPTION + option + "00000000");
        client.expect(REPLY + option + "00000001 00000000");
        client.send(OPTION + "0000000a 0000001b 00000000 00000001 0000000f 626173653a616c6c6f636174696f6e");
        client.expect(REPLY + "0000000a 00000004 00000013 00000001 626173653a616c6c6f636174696f6e");
        client.expect(REPLY + "0000000a 00000001 00000000");
        client.go();
        return client;
    }

    private void go() throws IOException {
        send(OPTION + "00000007 00000006 00000000 0000");
        expect(REPLY + "00000007 00000003 0000000c 0000");
        receive(10);
        expect(REPLY + "00000007 00000001 00000000");
    }

    void send(String hex) throws IOException {
        out.write(bytes(hex));
    }

    void send(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    void expect(String hex) throws IOException {
        var expected = bytes(hex);
        assertThat(HexFormat.of().formatHex(receive(expected.length)))
                .isEqualTo(HexFormat.of().formatHex(expected));
    }

    byte[] receive(int count) throws IOException {
        var bytes = new byte[count];
        in.readFully(bytes);
        return bytes;
    }

    /** Expects the server to end the connection, in order or not, without another byte. */
    void expectEnd() {
        int next;
        try {
            next = in.read();
        } catch (SocketTimeoutException open) {
            throw new AssertionError("the server did not end the connection", open);
        } catch (IOException reset) {
            next = -1;
        }
        assertThat(next).as("bytes after the end").isEqualTo(-1);
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
