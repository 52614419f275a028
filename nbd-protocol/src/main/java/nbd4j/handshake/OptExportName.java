// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import java.io.IOException;
import java.nio.ByteBuffer;
import nbd4j.model.ExportInfo;
import nbd4j.model.NbdDisconnectedException;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.TransmissionFlags;
import nbd4j.wire.ExportNameReply;
import nbd4j.wire.Option;
import nbd4j.wire.WireText;

/**
 * Chooses an export where GO is not known. The server either answers with size and flags, or hangs up.
 *
 * <p>Source: proto.md, {@code NBD_OPT_EXPORT_NAME}.
 */
final class OptExportName {
    private OptExportName() {}

    static ExportInfo run(OptionExchange exchange, String name, boolean noZeroes) throws IOException {
        HandshakeWire wire = exchange.wire();
        ByteBuffer request = Option.EXPORT_NAME.encode(WireText.encode("export name", name));
        wire.enter("the answer to EXPORT_NAME");
        wire.inStep(false);
        wire.write(request);
        ExportNameReply reply = ExportNameReply.readFrom(readAnswer(wire, name, ExportNameReply.bytes(noZeroes)));
        wire.inStep(true);
        try {
            return InfoReplies.plain(wire.peer(), name, reply.size(), new TransmissionFlags(reply.flags()));
        } catch (NbdNegotiationException e) {
            exchange.disconnect(false);
            throw e;
        }
    }

    private static ByteBuffer readAnswer(HandshakeWire wire, String name, int bytes) throws IOException {
        try {
            return wire.read(bytes);
        } catch (NbdDisconnectedException e) {
            throw new NbdDisconnectedException(
                    "%s refused EXPORT_NAME%s: export refused, no reason available; %s"
                            .formatted(wire.peer(), OptInfo.subject(name), e.getMessage()),
                    e);
        }
    }
}
