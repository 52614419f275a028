// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransmissionTest {
    private static final long SIZE = 1 << 20;

    private final MemoryStorage storage = MemoryStorage.of(SIZE);
    private NbdServer server = start(ExportOptions.of("", storage));

    private static NbdServer start(ExportOptions export) {
        return start(ServerOptions.defaults().withExport(export).withRequestLog(100));
    }

    private static NbdServer start(ServerOptions options) {
        try {
            return NbdServer.start(options);
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    private void serve(ExportOptions export) {
        server.close();
        server = start(export);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void fill(long offset, int length, int value) throws IOException {
        var bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            bytes.put((byte) value);
        }
        storage.write(offset, bytes.flip());
    }

    private int byteAt(long offset) {
        var one = ByteBuffer.allocate(1);
        storage.read(offset, one);
        return one.get(0);
    }

    @Test
    void writesAndReadsWithSimpleReplies() throws Exception {
        try (var client = RawClient.simple(server)) {
            client.send("25609513 0001 0001 00000000000000a1 0000000000000ffe 00000004 01020304"
                    + "25609513 0000 0003 00000000000000a2 0000000000000000 00000000"
                    + "25609513 0000 0000 00000000000000a3 0000000000000ffd 00000006");
            client.expect("67446698 00000000 00000000000000a1"
                    + "67446698 00000000 00000000000000a2"
                    + "67446698 00000000 00000000000000a3 000102030400");
        }
        assertThat(byteAt(0xfff)).isEqualTo(2);
    }

    @Test
    void sendsHolesAndDataInChunksThatCoverTheRead() throws Exception {
        fill(0x2000, 0x1000, 0x55);
        try (var client = RawClient.structured(server)) {
            client.send("25609513 0000 0000 00000000000000a1 0000000000001000 00003000");
            client.expect("668e33ef 0000 0002 00000000000000a1 0000000c 0000000000001000 00001000");
            client.expect("668e33ef 0000 0001 00000000000000a1 00001008 0000000000002000" + "55".repeat(0x1000));
            client.expect("668e33ef 0001 0002 00000000000000a1 0000000c 0000000000003000 00001000");
        }
    }

    @Test
    void sendsOneChunkWhereTheClientMayNotHaveTwo() throws Exception {
        fill(0x1000, 1, 0x55);
        try (var client = RawClient.structured(server)) {
            client.send("25609513 0004 0000 00000000000000a1 0000000000000fff 00000002");
            client.expect("668e33ef 0001 0001 00000000000000a1 0000000a 0000000000000fff 0055");
        }
    }

    @Test
    void sendsDataOnlyWithoutHoleChunks() throws Exception {
        serve(ExportOptions.of("", storage).without(Capability.HOLE_CHUNKS));
        try (var client = RawClient.structured(server)) {
            client.send("25609513 0000 0000 00000000000000a1 0000000000001000 00000002");
            client.expect("668e33ef 0001 0001 00000000000000a1 0000000a 0000000000001000 0000");
        }
    }

    @Test
    void describesDataHolesAndZeroesCoalesced() throws Exception {
        fill(0x10000, 0x20000, 0x55);
        storage.zero(0x30000, 0x1000, ZeroMode.KEEP_ALLOCATED);
        try (var client = RawClient.structured(server)) {
            client.send("25609513 0000 0007 00000000000000a1 0000000000000000 00100000");
            client.expect("668e33ef 0001 0005 00000000000000a1 00000024 00000001"
                    + "00010000 00000003 00020000 00000000 00001000 00000002 000cf000 00000003");
            client.send("25609513 0008 0007 00000000000000a2 0000000000010800 000ef800");
            client.expect("668e33ef 0001 0005 00000000000000a2 0000000c 00000001 0001f800 00000000");
        }
    }

    @Test
    void usesExtendedHeadersForEveryReply() throws Exception {
        try (var client = RawClient.extended(server)) {
            client.send("21e41c71 0020 0001 00000000000000a1 0000000000001000 0000000000000002 5566");
            client.expect("6e8a278c 0001 0000 00000000000000a1 0000000000001000 0000000000000000");
            client.send("21e41c71 0000 0000 00000000000000a2 0000000000001000 0000000000000001");
            client.expect(
                    "6e8a278c 0001 0001 00000000000000a2 0000000000001000 0000000000000009" + "0000000000001000 55");
            client.send("21e41c71 0000 0007 00000000000000a3 0000000000000000 0000000000100000");
            client.expect("6e8a278c 0001 0006 00000000000000a3 0000000000000000 0000000000000038 00000001 00000003"
                    + "0000000000001000 0000000000000003 0000000000001000 0000000000000000"
                    + "00000000000fe000 0000000000000003");
            client.send("21e41c71 0020 0007 00000000000000a4 0000000000000000 000000000000000c"
                    + "0000000000001000 00000001");
            client.expect("6e8a278c 0001 0006 00000000000000a4 0000000000000000 0000000000000018 00000001 00000001"
                    + "0000000000001000 0000000000000003");
        }
    }

    @Test
    void zeroesMoreThanFourGibibytesInOneExtendedRequest() throws Exception {
        var large = MemoryStorage.of(1L << 40);
        large.write(1L << 33, ByteBuffer.allocate(1));
        serve(ExportOptions.of("", large));
        try (var client = RawClient.extended(server)) {
            client.send("21e41c71 0010 0006 00000000000000a1 0000000000000000 0000010000000000");
            client.expect("6e8a278c 0001 0000 00000000000000a1 0000000000000000 0000000000000000");
        }
        assertThat(large.allocatedBytes()).isZero();
    }

    @Test
    void answersForContextsOfItsOwner() throws Exception {
        serve(ExportOptions.of("", storage)
                .withContext(
                        "x:odd",
                        (offset, length) ->
                                new Extent(Math.min(length, 0x10000 - offset % 0x10000), offset / 0x10000 % 2)));
        try (var client = RawClient.greeted(server)) {
            client.send(RawClient.OPTION + "00000008 00000000");
            client.expect(RawClient.REPLY + "00000008 00000001 00000000");
            client.send(RawClient.OPTION + "0000000a 00000011 00000000 00000001 00000005 783a6f6464");
            client.expect(RawClient.REPLY + "0000000a 00000004 00000009 00000002 783a6f6464");
            client.expect(RawClient.REPLY + "0000000a 00000001 00000000");
            client.send(RawClient.OPTION + "00000007 00000006 00000000 0000");
            client.receive(32 + 20);
            client.send("25609513 0000 0007 00000000000000a1 0000000000008000 00010000");
            client.expect(
                    "668e33ef 0001 0005 00000000000000a1 00000014 00000002" + "00008000 00000000 00008000 00000001");
        }
    }

    /** Command, flags, offset, length, error. The export has a minimum block of 512 and a payload of 64 KiB. */
    @ParameterizedTest
    @CsvSource({
        "0000, 0000, 00000000000ffe00, 00000400, 00000016",
        "0001, 0000, 00000000000ffe00, 00000400, 0000001c",
        "0004, 0000, 00000000000ffe00, 00000400, 00000016",
        "0005, 0000, ffffffffffffff00, 00000400, 00000016",
        "0006, 0000, 00000000000ffe00, 00000400, 0000001c",
        "0000, 0000, 0000000000000001, 00000200, 00000016",
        "0000, 0000, 0000000000000000, 00000201, 00000016",
        "0000, 0000, 0000000000000000, 00010200, 00000016",
        "0001, 0000, 0000000000000000, 00010200, 00000016",
        "0001, 0000, 0000000000000100, 00000200, 00000016",
        "0000, 0004, 0000000000000000, 00000200, 00000016",
        "0000, 8000, 0000000000000000, 00000200, 00000016",
        "0003, 0000, 0000000000000000, 00000200, 00000016",
        "0007, 0000, 0000000000000000, 00000200, 00000016",
        "0004, 0002, 0000000000000000, 00000200, 00000016",
        "0063, 0000, 0000000000000000, 00000000, 00000016"
    })
    void refusesWhatTheSpecificationForbidsAndGoesOn(
            String command, String flags, String offset, String length, String error) throws Exception {
        serve(ExportOptions.of("", storage).withBlockSizes(512, 4096, 65536));
        try (var client = RawClient.simple(server)) {
            String payload = command.equals("0001") ? "55".repeat(Integer.parseInt(length, 16)) : "";
            client.send("25609513" + flags + command + "00000000000000a1" + offset + length + payload);
            client.expect("67446698" + error + "00000000000000a1");
            client.send("25609513 0000 0000 00000000000000a2 0000000000000000 00000200");
            client.expect("67446698 00000000 00000000000000a2" + "00".repeat(512));
        }
    }

    @ParameterizedTest
    @CsvSource({"0001", "0004", "0006"})
    void refusesChangesOfAReadOnlyExport(String command) throws Exception {
        serve(ExportOptions.of("", storage).withReadOnly());
        try (var client = RawClient.simple(server)) {
            client.send("25609513 0000" + command + "00000000000000a1 0000000000000000 00000002"
                    + (command.equals("0001") ? "5566" : ""));
            client.expect("67446698 00000001 00000000000000a1");
        }
        assertThat(storage.allocatedBytes()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "FLUSH, 0003, 0000",
        "TRIM, 0004, 0000",
        "CACHE, 0005, 0000",
        "WRITE_ZEROES, 0006, 0000",
        "FUA, 0004, 0001"
    })
    void refusesCommandsThatAreSwitchedOff(Capability capability, String command, String flags) throws Exception {
        serve(ExportOptions.of("", storage).without(capability));
        try (var client = RawClient.simple(server)) {
            client.send("25609513" + flags + command + "00000000000000a1 0000000000000000 00000000");
            client.expect("67446698 00000016 00000000000000a1");
        }
    }

    @Test
    void saysWhyInAnErrorChunk() throws Exception {
        try (var client = RawClient.structured(server)) {
            client.send("25609513 0000 0000 00000000000000a1 00000000000fffff 00000002");
            client.expect("668e33ef 0001 8001 00000000000000a1 00000041 00000016 003b");
            assertThat(new String(client.receive(59), StandardCharsets.UTF_8))
                    .isEqualTo("READ of 2 bytes at 1048575 is outside the export of 1048576");
        }
    }

    @Test
    void hangsUpOnABadMagic() throws Exception {
        try (var client = RawClient.simple(server)) {
            client.send("21e41c71 0000 0000 00000000000000a1 0000000000000000 00000001");
            client.expectEnd();
        }
    }

    @Test
    void logsWhatWasAskedAndAnsweredInOrder() throws Exception {
        try (var client = RawClient.simple(server)) {
            client.send("25609513 0001 0001 00000000000000a1 0000000000000000 00000001 55");
            client.receive(16);
            client.send("25609513 0000 0003 00000000000000a2 0000000000000000 00000000");
            client.receive(16);
            client.send("25609513 0000 0000 00000000000000a3 0000000000100000 00000001");
            client.receive(16);
            client.send("25609513 0000 0002 00000000000000a4 0000000000000000 00000000");
            client.expectEnd();
        }
        var log = server.requestLog().requests();
        assertThat(log)
                .extracting(LoggedRequest::command)
                .containsExactly(Command.WRITE, Command.FLUSH, Command.READ, Command.DISC);
        assertThat(log.get(0).has(Command.FUA)).isTrue();
        assertThat(log.get(1).order()).isGreaterThan(log.get(0).replyOrder());
        assertThat(log.get(2).error()).isEqualTo(22);
        assertThat(log.get(3).replied()).isFalse();
        assertThat(log).extracting(LoggedRequest::connection).containsOnly(1);
    }
}
