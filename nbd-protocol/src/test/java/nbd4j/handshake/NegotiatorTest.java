// SPDX-License-Identifier: Apache-2.0
package nbd4j.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import nbd4j.model.HandshakeStyle;
import nbd4j.model.MetaContext;
import nbd4j.model.ReplyStyle;
import org.junit.jupiter.api.Test;

final class NegotiatorTest {
    @Test
    void settlesOnAnExport() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING, Script.ack(11), Script.baseAllocation(), Script.INFO_EXPORT, Script.ack(7));
        var negotiator = new Negotiator(server, Duration.ofSeconds(1), true);

        negotiator.greet(false, true);
        assertThat(negotiator.extendedHeaders()).isTrue();
        assertThat(negotiator.setMetaContexts("", List.of(MetaContext.BASE_ALLOCATION)))
                .containsExactly(new MetaContext(1, "base:allocation"));
        var export = negotiator.go("");

        assertThat(export.size()).isEqualTo(0x100000);
        assertThat(export.flags().bits()).isEqualTo(0x0ded);
        assertThat(export.replyStyle()).isEqualTo(ReplyStyle.EXTENDED);
        assertThat(export.handshakeStyle()).isEqualTo(HandshakeStyle.FIXED_NEWSTYLE);
        assertThat(export.hasContext("base:allocation")).isTrue();
        assertThat(server.sent())
                .isEqualTo(Script.CLIENT_FLAGS + Script.EXTENDED_HEADERS + Script.SET_META + Script.GO);
        assertThat(server.unread()).isZero();
        assertThat(negotiator.inStep()).isTrue();
    }

    @Test
    void readsEachReplyInTwoCalls() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, Script.INFO_EXPORT, Script.ack(7));
        var negotiator = new Negotiator(server, Duration.ofSeconds(1), true);

        negotiator.greet(false, true);
        negotiator.go("");

        assertThat(server.reads())
                .as("greeting in two, INFO in two, ACK in one")
                .isEqualTo(5);
    }
}
