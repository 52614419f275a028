// SPDX-License-Identifier: Apache-2.0
package nbd4j.client;

import static nbd4j.client.Handshakes.assertHard;
import static nbd4j.client.Handshakes.greet;
import static nbd4j.handshake.Script.ack;
import static nbd4j.handshake.Script.refusal;
import static nbd4j.handshake.Script.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import nbd4j.handshake.Script;
import nbd4j.handshake.ScriptedTransport;
import nbd4j.model.ExportListing;
import nbd4j.model.NbdNegotiationException;
import nbd4j.model.OptionError;
import nbd4j.wire.Option;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ListTest {
    @Test
    void opt40_opt44_listsNamesAndDescriptions() throws IOException {
        assertThat(list(entry("00000001 61"), entry("00000001 62 64657363"), entry("00000000"), ack(3)))
                .containsExactly(new ExportListing("a", ""), new ExportListing("b", "desc"), new ExportListing("", ""));
    }

    @Test
    void opt40_anErrorBehindSomeEntriesIsAFailure() throws IOException {
        var server = ScriptedTransport.of(
                Script.GREETING, entry("00000001 61"), entry("00000001 62"), refusal(3, Script.POLICY), ack(3));
        NbdNegotiation negotiation = greet(server);

        assertThatThrownBy(negotiation::list)
                .isInstanceOfSatisfying(
                        NbdNegotiationException.class,
                        e -> assertThat(e.error()).isEqualTo(OptionError.POLICY));
        assertThat(negotiation.list()).as("nothing of it is left").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "616263",
                "0000000a 616263",
                "fffffffc 61626364",
                "00000005 61 00 62 ff fe",
                "00000002 61 00",
                "00000002 c3 28",
                "00001388 6e*5000",
                "00001001 6e*4097",
                "00000004 6e6e6e6e 64*4097"
            })
    void opt41_opt42_opt43_gen03_gen04_m17_refusesAnEntryThatCannotBe(String data) throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, entry(data), ack(3));
        NbdNegotiation negotiation = greet(server);

        assertHard(server, Script.CLIENT_FLAGS + Script.LIST, negotiation::list);
    }

    @Test
    void opt43_takesTheLongestNameAndDescription() throws IOException {
        assertThat(list(entry("00001000 6e*4096 64*4096"), ack(3)))
                .containsExactly(new ExportListing("n".repeat(4096), "d".repeat(4096)));
    }

    @Test
    void opt44_gen04_escapesADescriptionAndNotAName() throws IOException {
        assertThat(list(entry("00000002 1b 5b 1b 5b 00 ff"), ack(3)))
                .containsExactly(new ExportListing("\u001b[", "\\x1b[\\x00\\xff"));
    }

    @Test
    void opt45_choosesAnExportThatIsNotListed() throws IOException {
        var server = ScriptedTransport.of(Script.GREETING, ack(3), Script.going());
        NbdNegotiation negotiation = greet(server);

        assertThat(negotiation.list()).isEmpty();
        assertThat(negotiation.go("hidden").export().name()).isEqualTo("hidden");
    }

    @Test
    void gen10_m18a_endsAnEndlessList() throws IOException {
        String one = entry("00000001 61");
        assertThat(list(one.repeat(10_000), ack(3))).hasSize(10_000);

        var server = ScriptedTransport.of(Script.GREETING, one.repeat(20_000));
        NbdNegotiation negotiation = greet(server);
        assertThat(assertHard(server, Script.CLIENT_FLAGS + Script.LIST, negotiation::list))
                .hasMessageContaining("at most 10000");
    }

    @Test
    void gen10_endsAListOfTooManyBytes() throws IOException {
        String large = entry("00001000 6e*4096 64*4000");
        assertThat(list(large.repeat(1035), ack(3))).hasSize(1035);

        var server = ScriptedTransport.of(Script.GREETING, large.repeat(1036));
        NbdNegotiation negotiation = greet(server);
        assertThat(assertHard(server, Script.CLIENT_FLAGS + Script.LIST, negotiation::list))
                .hasMessageContaining("8388608");
    }

    @Test
    void opt50_cannotSendPeekExport() {
        assertThat(Arrays.stream(Option.values()).map(Option::number)).doesNotContain(4);
    }

    private static List<ExportListing> list(String... script) throws IOException {
        return greet(ScriptedTransport.of(Script.GREETING, String.join(" ", script)))
                .list();
    }

    private static String entry(String data) {
        return reply(3, 2, data);
    }
}
