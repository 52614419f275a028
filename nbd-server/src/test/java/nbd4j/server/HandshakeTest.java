// SPDX-License-Identifier: Apache-2.0
package nbd4j.server;

import static nbd4j.server.RawClient.OPTION;
import static nbd4j.server.RawClient.REPLY;

import java.io.IOException;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class HandshakeTest {
    private static final String UNSUPPORTED = "80000001";
    private static final String INVALID = "80000003";

    private static NbdServer serve(ServerOptions options) throws IOException {
        return NbdServer.start(options);
    }

    private static ServerOptions mebibyte() {
        return ServerOptions.defaults().withExport(MemoryStorage.of(1 << 20));
    }

    private static void expectRefusal(RawClient client, String option, String error) throws IOException {
        client.expect(REPLY + option + error);
        int length = new BigInteger(1, client.receive(4)).intValueExact();
        client.receive(length);
    }

    @Test
    void answersGoWithTheExportAndTheInformationAskedFor() throws Exception {
        var export = ExportOptions.of("disk", MemoryStorage.of(1 << 20))
                .withDescription("a")
                .withBlockSizes(512, 4096, 65536);
        try (var server = serve(ServerOptions.defaults().withExport(export));
                var client = RawClient.greeted(server)) {
            client.send(OPTION + "00000007 00000010 00000004 6469736b 0003 0001 0002 0003");
            client.expect(REPLY + "00000007 00000003 0000000c 0000 0000000000100000 0d6d");
            client.expect(REPLY + "00000007 00000003 00000006 0001 6469736b");
            client.expect(REPLY + "00000007 00000003 00000003 0002 61");
            client.expect(REPLY + "00000007 00000003 0000000e 0003 00000200 00001000 00010000");
            client.expect(REPLY + "00000007 00000001 00000000");
            client.send("25609513 0000 0000 0102030405060708 0000000000000000 00000200");
            client.expect("67446698 00000000 0102030405060708" + "00".repeat(512));
        }
    }

    @Test
    void stillHagglesAfterInfo() throws Exception {
        try (var server = serve(mebibyte());
                var client = RawClient.greeted(server)) {
            client.send(OPTION + "00000006 00000006 00000000 0000");
            client.expect(REPLY + "00000006 00000003 0000000c 0000 0000000000100000 0d6d");
            client.expect(REPLY + "00000006 00000001 00000000");
            client.send(OPTION + "00000002 00000000");
            client.expect(REPLY + "00000002 00000001 00000000");
            client.expectEnd();
        }
    }

    @Test
    void listsExportsWithTheirDescriptions() throws Exception {
        var options = ServerOptions.defaults()
                .withExport(ExportOptions.of("a", MemoryStorage.of(0)))
                .withExport(ExportOptions.of("b", MemoryStorage.of(0)).withDescription("desc"));
        try (var server = serve(options);
                var client = RawClient.greeted(server)) {
            client.send(OPTION + "00000003 00000000");
            client.expect(REPLY + "00000003 00000002 00000005 00000001 61");
            client.expect(REPLY + "00000003 00000002 00000009 00000001 62 64657363");
            client.expect(REPLY + "00000003 00000001 00000000");
        }
    }

    @Test
    void padsTheAnswerToExportNameUnlessToldNotTo() throws Exception {
        try (var server = serve(mebibyte())) {
            try (var client = RawClient.connect(server)) {
                client.expect(RawClient.GREETING);
                client.send("00000001" + OPTION + "00000001 00000000");
                client.expect("0000000000100000 0d6d" + "00".repeat(124));
                client.send("25609513 0000 0000 0000000000000001 0000000000000000 00000001");
                client.expect("67446698 00000000 0000000000000001 00");
            }
            try (var client = RawClient.greeted(server)) {
                client.send(OPTION + "00000001 00000000");
                client.expect("0000000000100000 0d6d");
                client.send("25609513 0000 0000 0000000000000001 0000000000000000 00000001");
                client.expect("67446698 00000000 0000000000000001 00");
            }
        }
    }

    @Test
    void hangsUpOnAnUnknownNameInExportNameAndRefusesItInGo() throws Exception {
        try (var server = serve(mebibyte())) {
            try (var client = RawClient.greeted(server)) {
                client.send(OPTION + "00000001 00000001 78");
                client.expectEnd();
            }
            try (var client = RawClient.greeted(server)) {
                client.send(OPTION + "00000007 00000007 00000001 78 0000");
                expectRefusal(client, "00000007", "80000006");
                client.send(OPTION + "00000002 00000000");
                client.expect(REPLY + "00000002 00000001 00000000");
            }
        }
    }

    @Test
    void refusesWhatIsSwitchedOff() throws Exception {
        var options = mebibyte()
                .without(
                        Capability.GO,
                        Capability.STRUCTURED_REPLY,
                        Capability.EXTENDED_HEADERS,
                        Capability.META_CONTEXT,
                        Capability.LIST);
        try (var server = serve(options);
                var client = RawClient.greeted(server)) {
            for (var option : new String[] {"00000008", "0000000b", "00000009", "0000000a", "00000005", "00000063"}) {
                client.send(OPTION + option + "00000000");
                expectRefusal(client, option, UNSUPPORTED);
            }
            client.send(OPTION + "00000007 00000006 00000000 0000");
            expectRefusal(client, "00000007", UNSUPPORTED);
            client.send(OPTION + "00000003 00000000");
            expectRefusal(client, "00000003", "80000002");
        }
    }

    @Test
    void speaksOldstyle() throws Exception {
        try (var server = serve(mebibyte().without(Capability.NEWSTYLE));
                var client = RawClient.connect(server)) {
            client.expect("4e42444d41474943 0000420281861253 0000000000100000 00000d6d" + "00".repeat(124));
            client.send("25609513 0000 0000 0000000000000001 0000000000000000 00000001");
            client.expect("67446698 00000000 0000000000000001 00");
        }
    }

    @Test
    void allowsOnlyExportNameWithoutFixedNewstyle() throws Exception {
        try (var server = serve(mebibyte().without(Capability.FIXED_NEWSTYLE, Capability.NO_ZEROES))) {
            try (var client = RawClient.connect(server)) {
                client.expect("4e42444d41474943 49484156454f5054 0000");
                client.send("00000000" + OPTION + "00000001 00000000");
                client.expect("0000000000100000 0d6d" + "00".repeat(124));
            }
            try (var client = RawClient.connect(server)) {
                client.expect("4e42444d41474943 49484156454f5054 0000");
                client.send("00000000" + OPTION + "00000003 00000000");
                client.expectEnd();
            }
        }
    }

    @Test
    void hangsUpOnFlagsThatWereNotOffered() throws Exception {
        try (var server = serve(mebibyte().without(Capability.NO_ZEROES));
                var client = RawClient.connect(server)) {
            client.expect("4e42444d41474943 49484156454f5054 0001");
            client.send("00000003");
            client.expectEnd();
        }
    }

    @Test
    void refusesOptionsWhoseLengthsDoNotFit() throws Exception {
        try (var server = serve(mebibyte());
                var client = RawClient.greeted(server)) {
            client.send(OPTION + "00000007 00000006 00000001 0000");
            expectRefusal(client, "00000007", INVALID);
            client.send(OPTION + "00000007 00000006 ffffffff 0000");
            expectRefusal(client, "00000007", INVALID);
            client.send(OPTION + "00000003 00000001 00");
            expectRefusal(client, "00000003", INVALID);
            client.send(OPTION + "00000009 00000008 00000000 ffffffff");
            expectRefusal(client, "00000009", INVALID);
            client.send(OPTION + "00000003 ffffffff");
            client.expectEnd();
        }
    }

    @Test
    void selectsContextsOnlyAfterStructuredRepliesAndByTheirWholeNames() throws Exception {
        var export = ExportOptions.of("", MemoryStorage.of(1 << 20))
                .withContext("qemu:dirty-bitmap:x", (offset, length) -> Extent.data(length));
        try (var server = serve(ServerOptions.defaults().withExport(export));
                var client = RawClient.greeted(server)) {
            client.send(OPTION + "0000000a 00000008 00000000 00000000");
            expectRefusal(client, "0000000a", INVALID);
            client.send(OPTION + "00000008 00000000");
            client.expect(REPLY + "00000008 00000001 00000000");
            client.send(OPTION + "0000000a 00000011 00000000 00000001 00000005 71656d753a");
            client.expect(REPLY + "0000000a 00000001 00000000");
            client.send(OPTION + "00000009 00000011 00000000 00000001 00000005 71656d753a");
            client.expect(REPLY
                    + "00000009 00000004 00000017 00000000 71656d753a64697274792d6269746d61703a78"
                    + REPLY
                    + "00000009 00000001 00000000");
        }
    }

    @Test
    void wantsToBeAskedForBlockSizesWhereTheyAreRequired() throws Exception {
        var export = ExportOptions.of("", MemoryStorage.of(1 << 20))
                .withBlockSizes(4096, 4096, 65536)
                .withBlockSizesRequired();
        try (var server = serve(ServerOptions.defaults().withExport(export));
                var client = RawClient.greeted(server)) {
            client.send(OPTION + "00000007 00000006 00000000 0000");
            expectRefusal(client, "00000007", "80000008");
        }
    }
}
